import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './say.mjs';
import { withLock } from './lock.mjs';
import { checkoutLock, projectRoot, stampDir } from './paths.mjs';
import { run, tail } from './run.mjs';

const stamp = join(stampDir, 'build');

/** Builds dist/ when it is missing or the sources are not those it was built from. */
export async function ensureBuild() {
  if (upToDate()) return;
  await withLock(checkoutLock(), async () => {
    if (upToDate()) return;
    say('builds dist/ (tsdown)');
    const digest = sourceDigest();
    const tsdown = join(projectRoot, 'node_modules', '.bin', 'tsdown');
    const result = await run(tsdown, ['--log-level', 'warn'], { cwd: projectRoot });
    if (result.exitCode !== 0)
      throw new SetupError(`the build failed:\n${tail(`${result.stdout}\n${result.stderr}`, 40)}`);
    mkdirSync(stampDir, { recursive: true });
    writeFileSync(stamp, digest);
  });
}

function upToDate() {
  const built = existsSync(join(projectRoot, 'dist', 'dewar.js')) && existsSync(stamp);
  return built && readFileSync(stamp, 'utf8') === sourceDigest();
}

/** By content: a checkout or a rebase sets times without changing anything. */
function sourceDigest() {
  const hash = createHash('sha256');
  for (const path of sourceFiles())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(projectRoot, path)))
      .update('\0');
  return hash.digest('hex');
}

function sourceFiles() {
  const sources = readdirSync(join(projectRoot, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(projectRoot.length + 1));
  return [...sources, 'package.json', 'package-lock.json', 'tsconfig.json', 'tsdown.config.ts'].toSorted(
    (a, b) => (a < b ? -1 : 1),
  );
}
