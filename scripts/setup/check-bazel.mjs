import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './say.mjs';
import { run, tail } from './run.mjs';

/**
 * Has a Bazel load a tiny workspace of its own, and ends the server that this starts.
 * @param needs `bzlmod`: whether it must also know modules
 * @throws SetupError with what it said
 */
export async function checkBazel(program, { bzlmod }) {
  const scratch = mkdtempSync(join(tmpdir(), 'dewar-check-bazel-'));
  const cwd = join(scratch, 'workspace');
  mkdirSync(cwd);
  for (const name of ['WORKSPACE', 'MODULE.bazel']) writeFileSync(join(cwd, name), '');
  writeFileSync(join(cwd, 'BUILD'), 'genrule(name = "g", outs = ["o"], cmd = "")\n');
  const startup = [`--output_user_root=${join(scratch, 'root')}`, '--max_idle_secs=60'];
  const bazel = (...args) => run(program, [...startup, ...args], { cwd, deadlineMs: 120_000 });
  try {
    if (bzlmod) assertRan(program, 'mod graph', await bazel('mod', 'graph'));
    const { stdout } = assertRan(program, 'query', await bazel('query', '//...'));
    if (stdout.trim() !== '//:g')
      throw new SetupError(`${program} query //... printed ${JSON.stringify(stdout)}`);
  } finally {
    await bazel('shutdown');
    rmSync(scratch, { recursive: true, force: true });
  }
}

function assertRan(program, what, result) {
  if (result.exitCode === 0) return result;
  throw new SetupError(`${program} ${what} ended with ${result.exitCode}:\n${tail(result.stderr)}`);
}
