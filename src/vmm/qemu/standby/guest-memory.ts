import { open, readdir, readlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { readSparseArchive } from './sparse-archive.ts';

/** What QEMU calls the memory of a machine that no file on a disk stands behind. */
const MEMFD = '/memfd:memory-backend-memfd (deleted)';
const CHUNK = 4 << 20;
const PACK_DEADLINE_MS = 10 * 60_000;

/**
 * Writes what a stopped guest has ever used of its memory into an archive of one sparse file.
 * @param pid of QEMU
 * @throws DewarError FREEZE_FAILED, NO_SPACE, COMMAND_NOT_FOUND (no tar), INTERRUPTED
 */
export async function packMemory(pid: number, archive: string, signal?: AbortSignal): Promise<void> {
  const { directory, name } = await findMemory(pid);
  const args = ['--create', '--file', archive, '--format=pax', '--sparse', '--hole-detection=seek'];
  const packed = await runCommand('tar', [...args, '--dereference', '--directory', directory, name], {
    signal,
    deadlineMs: PACK_DEADLINE_MS,
  });
  if (packed.exitCode === 0) return;
  const full = /No space left|quota/i.test(packed.stderr);
  throw new DewarError({
    code: full ? 'NO_SPACE' : 'FREEZE_FAILED',
    message: `the guest's memory could not be written to ${archive}: ${packed.stderr.trim()}`,
    mend: full ? 'make room there' : 'install GNU tar 1.29 or newer',
  });
}

/**
 * Fills the memory of a guest that has not run yet.
 * @param pid of QEMU
 * @throws DewarError SNAPSHOT_DAMAGED
 */
export async function unpackMemory(pid: number, archive: FileHandle, path: string): Promise<void> {
  const packed = await readSparseArchive(archive);
  if (typeof packed === 'string') throw damaged(path, packed);
  const { directory, name } = await findMemory(pid);
  await using memory = await open(join(directory, name), 'r+');
  const { size } = await memory.stat();
  if (size !== packed.size) throw damaged(path, `it is of ${packed.size} bytes, the machine has ${size}`);
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (const extent of packed.extents)
    for (let done = 0; done < extent.size;) {
      const length = Math.min(CHUNK, extent.size - done);
      const { bytesRead } = await archive.read(buffer, 0, length, extent.at + done);
      if (bytesRead === 0) throw damaged(path, 'it ends within the data');
      await memory.write(buffer, 0, bytesRead, extent.offset + done);
      done += bytesRead;
    }
}

async function findMemory(pid: number): Promise<{ directory: string; name: string }> {
  const directory = `/proc/${pid}/fd`;
  for (const name of await readdir(directory))
    if ((await readlink(join(directory, name)).catch(() => '')) === MEMFD) return { directory, name };
  throw new DewarError({
    code: 'FREEZE_FAILED',
    message: `QEMU (process ${pid}) has no memory that can be saved`,
    mend: 'use a QEMU from 7.2 on',
  });
}

function damaged(path: string, why: string): DewarError {
  return new DewarError({
    code: 'SNAPSHOT_DAMAGED',
    message: `${path} is not the memory of this machine: ${why}`,
    mend: 'remove it: dewar up --fresh-snapshot makes it again',
  });
}
