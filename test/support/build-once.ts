import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/platform/run-command.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Builds dist/ when any source is newer: the end-to-end tests run the program as a user gets it. */
export default async function setup(): Promise<void> {
  if ((await newestSource()) <= (await modifiedAt(join(ROOT, 'dist/dewar.js')))) return;
  const tsdown = join(ROOT, 'node_modules/tsdown/dist/run.mjs');
  const build = await runCommand(process.execPath, [tsdown, '--logLevel', 'warn'], { cwd: ROOT });
  if (build.exitCode !== 0) throw new Error(`the build failed:\n${build.stdout.toString()}${build.stderr}`);
}

async function newestSource(): Promise<number> {
  const sources = await readdir(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  const paths = sources
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  const settings = ['package.json', 'tsconfig.json', 'tsdown.config.ts'].map((name) => join(ROOT, name));
  return Math.max(...(await Promise.all([...paths, ...settings].map(modifiedAt))));
}

/** Milliseconds since the epoch; 0 for a file that is not there. */
async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
