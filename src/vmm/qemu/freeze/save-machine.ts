import { chmod, lstat, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../../../core/errors.ts';
import { syncDirectory, writeDurably } from '../../../platform/durable-files.ts';
import { errnoOf } from '../../../platform/errno.ts';
import { receiveFile } from '../../../platform/receive-file.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { isAtLeast } from '../host/find-qemu.ts';
import type { CallOptions } from '../protocol/command-channel.ts';
import type { RunningQemu } from '../machine/launch-qemu.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { MACHINE_FILES } from '../machine/machine-paths.ts';
import type { MachinePaths } from '../machine/machine-paths.ts';
import { changedMs, checkedFiles, RACY_MS } from './checked-files.ts';
import { FROZEN_RECORD } from './frozen-machine.ts';
import type { FrozenFile, FrozenMachine } from './frozen-machine.ts';
import { migrationEnd, shareMemory } from './migration.ts';

/**
 * Saves the state of a machine whose memory is a file and ends it: memory, state and disk are those of one moment, in which
 * the CPUs stand. It must not run on: it would go on writing the file.
 * @throws DewarError NO_SPACE, FREEZE_FAILED; what the machine's end gives
 */
export async function saveMachine(
  qemu: Pick<RunningQemu, 'qmp' | 'process'>,
  paths: MachinePaths,
  context: MachineContext,
): Promise<void> {
  const limits = { deadlineMs: deadline(context, 'save'), signal: context.signal };
  await saveState(qemu, paths.save, paths.state, limits);
  await qemu.qmp.execute('quit', undefined, limits);
  await qemu.process.ended;
}

/**
 * Stops the CPUs and writes the state of the devices; memory, a shared file, is left out.
 * @param socket free path in the machine's directory
 * @param path of a new file
 * @throws DewarError NO_SPACE, FREEZE_FAILED
 */
export async function saveState(
  { qmp }: Pick<RunningQemu, 'qmp'>,
  socket: string,
  path: string,
  limits: CallOptions,
): Promise<void> {
  await qmp.execute('stop', undefined, limits);
  await shareMemory(qmp, limits);
  await using receiver = await asSpaceErrors(path, () => receiveFile(socket, path));
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
  if (unwritten !== undefined) throw freezeFailed(path, unwritten.error);
  if (failure !== undefined) throw failure.error;
}

/** A file that is larger is not read again by the first restore: reading takes longer than the wait that spares it. */
const LARGE_BYTES = 2 ** 30;

/**
 * Puts what was saved into a directory, under the names of a bundle, read-only and on the disk. What was read of them is
 * remembered on this host.
 * @returns the record, which is written beside the files
 * @throws DewarError NO_SPACE, FREEZE_FAILED
 */
export async function layDownMachine(
  paths: MachinePaths,
  directory: string,
  record: Omit<FrozenMachine, 'files'>,
  qemu: { major: number; minor: number },
  env: Readonly<Record<string, string>>,
): Promise<FrozenMachine> {
  return asSpaceErrors(directory, async () => {
    // Before 8.2 QEMU opens a memory file for writing, though a private mapping never writes to it.
    const memory = await layDown(paths.memory, directory, 'mem_file', isAtLeast(qemu, 8, 2) ? 0o444 : 0o644);
    const state = await layDown(paths.state, directory, 'vmstate', 0o444);
    const disk = await layDown(paths.disk, directory, 'rootfs.backing', 0o444);
    await untilSettled(memory);
    const checked = checkedFiles(env);
    const files = {
      mem_file: await checked.read(memory),
      vmstate: await checked.read(state),
      'rootfs.backing': await checked.read(disk),
    };
    const frozen = { ...record, files };
    await writeDurably(join(directory, FROZEN_RECORD), `${JSON.stringify(frozen)}\n`);
    await syncDirectory(directory);
    return frozen;
  });
}

/** @returns the path of the file */
async function layDown(from: string, directory: string, name: FrozenFile, mode: number): Promise<string> {
  const to = join(directory, name);
  await move(from, to);
  await chmod(to, mode);
  await using handle = await open(to, 'r');
  await handle.sync();
  return to;
}

async function untilSettled(path: string): Promise<void> {
  const stats = await lstat(path, { bigint: true });
  const left = changedMs(stats) + RACY_MS - Date.now();
  // A clock that is wrong by more gets no patience.
  if (stats.size >= LARGE_BYTES && left > 0) await sleep(Math.min(left + 1, RACY_MS));
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
