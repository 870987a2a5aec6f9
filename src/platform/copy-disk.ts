import { chmod, open, rename, rm, stat } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';
import { childEnv } from './child-env.ts';
import { errnoOf } from './errno.ts';
import { runCommand } from './run-command.ts';

/**
 * Copies a raw disk to one of its own, which may be larger: without copying bytes where the file system can share them, and
 * without writing holes where it cannot. What is at `to` is replaced, at the end and whole.
 * @param size bytes; no less than the disk has
 * @throws DewarError NO_SPACE, DISK_NOT_COPIED, COMMAND_NOT_FOUND (cp), INTERRUPTED; then nothing of it is left
 */
export async function copyDisk(from: string, to: string, size: number, signal?: AbortSignal): Promise<void> {
  const part = `${to}.part`;
  try {
    // of a process that died
    await rm(part, { force: true });
    await copy(from, part, signal);
    // the mode is that of the image, which nobody may write
    await chmod(part, 0o600);
    if ((await stat(part)).size < size) await grow(part, size);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const code = errnoOf(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') throw noSpace(to, String(error));
    throw error instanceof DewarError ? error : notCopied(from, to, error);
  }
}

async function copy(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const options = ['--reflink=auto', '--sparse=always', '--no-target-directory', '--'];
  const env = { ...childEnv(), LC_ALL: 'C' };
  const { exitCode, stderr } = await runCommand('cp', [...options, from, to], { env, signal });
  if (exitCode === 0) return;
  throw /No space left|quota/i.test(stderr) ? noSpace(to, stderr.trim()) : new Error(stderr.trim());
}

async function grow(path: string, size: number): Promise<void> {
  await using disk = await open(path, 'r+');
  await disk.truncate(size);
}

function noSpace(path: string, why: string): DewarError {
  return new DewarError({
    code: 'NO_SPACE',
    message: `there is no room on the file system of ${path} for a disk: ${why}`,
    mend: 'make room there; `dewar snapshots rm` and `dewar image rm` remove what is old',
  });
}

function notCopied(from: string, to: string, cause: unknown): DewarError {
  return new DewarError({
    code: 'DISK_NOT_COPIED',
    message: `${from} could not be copied to ${to}: ${cause instanceof Error ? cause.message : String(cause)}`,
    mend: 'use a disk that this user may read, and a directory that this user may write',
    cause,
  });
}
