import { execa } from 'execa';

/** Mounting needs root; tests that mount say so in their names and run only then. */
export const canMount: boolean = process.getuid?.() === 0;

export interface Mounted extends AsyncDisposable {
  path: string;
}

export async function mountTmpfs(path: string, options: string): Promise<Mounted> {
  await execa('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  return { path, [Symbol.asyncDispose]: async () => void (await execa('umount', [path])) };
}

/** Shows `path` read-only at itself. */
export async function mountReadOnly(path: string): Promise<Mounted> {
  await execa('mount', ['--bind', path, path]);
  await execa('mount', ['-o', 'remount,bind,ro', path]);
  return { path, [Symbol.asyncDispose]: async () => void (await execa('umount', [path])) };
}
