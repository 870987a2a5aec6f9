import { chmod, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIGEST_BLOCK, syncDirectory, writeDurably } from '../../../platform/durable-files.ts';
import { errnoOf } from '../../../platform/errno.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { changedMs, checkedFiles, RACY_MS } from './checked-files.ts';
import { asFreezeErrors, freezeFailed, noSpace } from './freeze-failed.ts';
import { FROZEN_RECORD } from './frozen-machine.ts';
import type { FrozenFile, FrozenMachine } from './frozen-machine.ts';

/** Where a machine that was saved is: files on their way into a bundle. Absolute. */
export interface SavedState {
  memory: string;
  /** Of the devices. */
  state: string;
  disk: string;
  /** Of the memory's file; nobody may write it by default. */
  memoryMode?: number;
  /** What else the driver needs to bring it back. */
  extra?: unknown;
}

/** A file that is larger is not read again by the first restore: reading takes longer than the wait that spares it. */
const LARGE_BYTES = 2 ** 30;
const READ_ONLY = 0o444;
const MOSTLY_ZEROS = { blocks: DIGEST_BLOCK } as const;

/**
 * Puts what was saved into a directory, under the names of a bundle, read-only and on the disk. What was read of them is
 * remembered on this host.
 * @returns the record, which is written beside the files
 * @throws DewarError NO_SPACE, FREEZE_FAILED
 */
export async function layDownMachine(
  saved: SavedState,
  directory: string,
  record: Omit<FrozenMachine, 'files' | 'extra'>,
  env: Readonly<Record<string, string>>,
): Promise<FrozenMachine> {
  return asFreezeErrors(directory, async () => {
    const memory = await layDown(saved.memory, directory, 'mem_file', saved.memoryMode ?? READ_ONLY);
    const state = await layDown(saved.state, directory, 'vmstate', READ_ONLY);
    const disk = await layDown(saved.disk, directory, 'rootfs.backing', READ_ONLY);
    await untilSettled(memory);
    const checked = checkedFiles(env);
    const files = {
      mem_file: await checked.read(memory, MOSTLY_ZEROS),
      vmstate: await checked.read(state),
      'rootfs.backing': await checked.read(disk, MOSTLY_ZEROS),
    };
    const extra = saved.extra === undefined ? {} : { extra: saved.extra };
    const frozen = { ...record, ...extra, files };
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
