import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './say.mjs';
import { withLock } from './lock.mjs';
import { checkoutLock, projectRoot, stampDir } from './paths.mjs';
import { run, tail } from './run.mjs';

const stamp = join(stampDir, 'packages');

/** Runs `npm ci` when node_modules is missing or was made from another package-lock.json. */
export async function ensureNodePackages() {
  if (upToDate()) return;
  await withLock(checkoutLock(), async () => {
    if (upToDate()) return;
    say('installs Node packages (npm ci)');
    // a development install whatever NODE_ENV says
    const result = await run('npm', ['ci', '--include=dev'], { cwd: projectRoot });
    if (result.exitCode !== 0) throw new SetupError(`npm ci failed:\n${tail(result.stderr, 40)}`);
    writeStamp();
  });
}

function upToDate() {
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === lockDigest();
  // made by the user's own `npm ci` or `npm install`: npm writes this file last
  const own = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(own) || statSync(own).mtimeMs < statSync(join(projectRoot, 'package-lock.json')).mtimeMs)
    return false;
  writeStamp();
  return true;
}

function writeStamp() {
  mkdirSync(stampDir, { recursive: true });
  writeFileSync(stamp, lockDigest());
}

function lockDigest() {
  const lock = readFileSync(join(projectRoot, 'package-lock.json'));
  // native add-ons belong to one ABI and architecture
  return createHash('sha256')
    .update(lock)
    .update(process.versions.modules)
    .update(process.arch)
    .digest('hex');
}
