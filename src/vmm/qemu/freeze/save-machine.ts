import { chmod, rename, rm, statfs } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { digestFile, syncDirectory, writeDurably } from '../../../platform/durable-files.ts';
import { errnoOf } from '../../../platform/errno.ts';
import { receiveFile } from '../../../platform/receive-file.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { isAtLeast } from '../host/find-qemu.ts';
import type { RunningQemu } from '../machine/launch-qemu.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { MACHINE_FILES } from '../machine/machine-paths.ts';
import type { MachinePaths } from '../machine/machine-paths.ts';
import { FROZEN_RECORD } from './frozen-machine.ts';
import type { FrozenFile, FrozenMachine } from './frozen-machine.ts';
import { migrationEnd, shareMemory } from './migration.ts';

/**
 * Saves the state of a machine whose memory is a file and ends it: memory, state and disk are those of one moment, in which
 * the CPUs stand. It must not run on: it would go on writing the file.
 * @throws DewarError NO_SPACE, FREEZE_FAILED; what the machine's end gives
 */
export async function saveMachine(
  { qmp, process }: Pick<RunningQemu, 'qmp' | 'process'>,
  paths: MachinePaths,
  context: MachineContext,
): Promise<void> {
  const limits = { deadlineMs: deadline(context, 'save'), signal: context.signal };
  await qmp.execute('stop', undefined, limits);
  await shareMemory(qmp, limits);
  await using receiver = await asSpaceErrors(paths.state, () => receiveFile(paths.save, paths.state));
  let unwritten: { error: unknown } | undefined;
  const received = receiver.received().catch((error: unknown) => {
    unwritten = { error };
  });
  const ended = migrationEnd(qmp, limits);
  // When the command below fails, that says why.
  ended.catch(() => undefined);
  await qmp.execute('migrate', { uri: `unix:${MACHINE_FILES.save}` }, limits);
  const failure = await ended;
  // A file that cannot be written ends the connection, of which QEMU says only that.
  if (failure === undefined) await received;
  if (unwritten !== undefined) throw freezeFailed(paths.state, unwritten.error);
  if (failure !== undefined) throw failure.error;
  await qmp.execute('quit', undefined, limits);
  await process.ended;
}

/**
 * Puts what was saved into a directory, under the names of a bundle, read-only and on the disk.
 * @returns the record, which is written beside the files
 * @throws DewarError NO_SPACE, FREEZE_FAILED
 */
export async function layDownMachine(
  paths: MachinePaths,
  directory: string,
  record: Omit<FrozenMachine, 'files'>,
  qemu: { major: number; minor: number },
): Promise<FrozenMachine> {
  return asSpaceErrors(directory, async () => {
    const file = async (
      from: string,
      name: FrozenFile,
      mode: number,
    ): Promise<FrozenMachine['files'][FrozenFile]> => {
      const to = join(directory, name);
      await move(from, to);
      await chmod(to, mode);
      await using handle = await open(to, 'r');
      await handle.sync();
      return await digestFile(to);
    };
    // Before 8.2 QEMU opens a memory file for writing, though a private mapping never writes to it.
    const memoryMode = isAtLeast(qemu, 8, 2) ? 0o444 : 0o644;
    const files = {
      mem_file: await file(paths.memory, 'mem_file', memoryMode),
      vmstate: await file(paths.state, 'vmstate', 0o444),
      'rootfs.backing': await file(paths.disk, 'rootfs.backing', 0o444),
    };
    const frozen = { ...record, files };
    await writeDurably(join(directory, FROZEN_RECORD), `${JSON.stringify(frozen)}\n`);
    await syncDirectory(directory);
    return frozen;
  });
}

/** @throws DewarError NO_SPACE when a directory's file system has less room than `bytes` */
export async function assertRoom(directory: string, bytes: number, purpose: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= bytes) return;
  throw noSpace(
    directory,
    `${mebibytes(bytes)} MiB are needed for ${purpose}, ${mebibytes(bavail * bsize)} are free`,
  );
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    // Memory is mostly holes; they stay holes.
    const copied = await runCommand('cp', [
      '--sparse=always',
      '--reflink=auto',
      '--no-target-directory',
      from,
      to,
    ]);
    if (copied.exitCode !== 0) {
      await rm(to, { force: true });
      if (/No space left|quota/i.test(copied.stderr)) throw noSpace(to, copied.stderr.trim());
      throw freezeFailed(to, copied.stderr.trim());
    }
    await rm(from);
  }
}

async function asSpaceErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DewarError) throw error;
    throw freezeFailed(path, error);
  }
}

function freezeFailed(path: string, cause: unknown): DewarError {
  if (cause instanceof DewarError) return cause;
  const code = errnoOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace(path, String(cause));
  return new DewarError({
    code: 'FREEZE_FAILED',
    message: `the machine could not be frozen into ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    mend: 'use a directory that this user may write, on a local file system',
    cause,
  });
}

function noSpace(path: string, why: string): DewarError {
  return new DewarError({
    code: 'NO_SPACE',
    message: `there is no room on the file system of ${path}: ${why}`,
    mend: 'make room there; `dewar snapshots rm` removes old snapshots',
  });
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
