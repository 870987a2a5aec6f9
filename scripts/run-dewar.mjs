import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureProject } from './setup/all.mjs';
import { ensureBazel } from './setup/bazel.mjs';
import { ensureMachines } from './setup/machines.mjs';
import { imagesCache, projectRoot } from './setup/paths.mjs';
import { main } from './setup/say.mjs';

/**
 * Sets everything up, then runs the built CLI with a Bazel that works, and with the guest images that the tests have too; its
 * exit code becomes ours.
 */
export function runDewar(command, args) {
  return main(async () => {
    await ensureProject();
    const bazel = args.some((arg) => arg === '--bazel' || arg.startsWith('--bazel='))
      ? []
      : ['--bazel', await ensureBazel({ needBzlmod: true })];
    await ensureMachines();
    const program = [join(projectRoot, 'dist', 'dewar.js'), ...command, ...bazel, ...args];
    return foreground(process.execPath, program, { DEWAR_CACHE_DIR: imagesCache(), ...process.env });
  });
}

/** A signal to the terminal's group reaches the child by itself; one to us alone is handed on. */
function foreground(file, args, env) {
  return new Promise((done, failed) => {
    const child = spawn(file, args, { stdio: 'inherit', env });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', failed);
    child.on('exit', (code, signal) => done(code ?? 128 + constants.signals[signal]));
  });
}
