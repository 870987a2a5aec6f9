import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError, say } from './say.mjs';

/**
 * Runs `work` while this process alone holds the lock of `file`. The lock is the kernel's, held by a flock(1) that ends
 * with our end of its stdin, so it is free again however this process ends.
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const release = (await take(file, ['--nonblock'])) ?? (await wait(file));
  try {
    return await work();
  } finally {
    await release();
  }
}

async function wait(file) {
  say(`waits for another set-up (lock ${file})`);
  const release = await take(file, []);
  if (release === undefined) throw new SetupError(`could not lock ${file}; is flock (util-linux) installed?`);
  return release;
}

/** @returns the function that releases the lock, or undefined when it was not got */
function take(file, options) {
  return new Promise((done) => {
    const holder = spawn('flock', [...options, file, 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => holder.on('close', resolve));
    holder.on('error', () => done(undefined));
    holder.on('close', () => done(undefined));
    holder.stdout.once('data', () =>
      done(() => {
        holder.stdin.end();
        return ended;
      }),
    );
  });
}
