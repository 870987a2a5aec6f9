import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Another process that holds the kernel lock of a file until it is killed. */
export async function holdLockElsewhere(path: string): Promise<{ kill(): Promise<void> }> {
  await mkdir(dirname(path), { recursive: true });
  const child = execa(process.execPath, ['--input-type=module', '-e', PROGRAM, path], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdout: 'pipe',
    reject: false,
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    void child.then((result) => reject(new Error(`the lock holder ended: ${result.stderr}`)));
  });
  return {
    async kill() {
      child.kill('SIGKILL');
      await child;
    },
  };
}

const PROGRAM = `
import { openSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
if (!tryLock(openSync(process.argv[1], 'a'))) throw new Error('held');
console.log('locked');
setInterval(() => {}, 1000);
`;
