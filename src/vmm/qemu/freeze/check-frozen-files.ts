import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { cacheDirectory } from '../../../platform/cache-directory.ts';
import { digestFile } from '../../../platform/durable-files.ts';
import { isAbsent } from '../../../platform/errno.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { damaged, FROZEN_FILES } from './frozen-machine.ts';
import type { FrozenMachine } from './frozen-machine.ts';

/** A file that changed so recently may change again within one tick of the file system's clock. */
const RACY_NANOSECONDS = 2_500_000_000n;

/**
 * Checks the files of a frozen machine against its record. Each file is read once on this host: afterwards its size, inode
 * and times say that it is still the one that was read, as git and Bazel take it.
 * @throws DewarError SNAPSHOT_DAMAGED; NOT_A_REGULAR_FILE
 */
export async function checkFrozenFiles(
  directory: string,
  frozen: FrozenMachine,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  for (const name of FROZEN_FILES) {
    const path = join(directory, name);
    const expected = frozen.files[name];
    const stats = await lstat(path, { bigint: true }).catch((error: unknown) => {
      if (isAbsent(error)) throw damaged(`${path} is missing`);
      throw error;
    });
    if (stats.size !== BigInt(expected.size))
      throw damaged(`${path} has ${stats.size} bytes instead of ${expected.size}`);
    const stamp = [path, expected.sha256, ...signature(stats)].join('\0');
    const known = join(cacheDirectory(env), 'qemu', 'checked', sha256(path));
    if ((await readIfPresent(known))?.toString('utf8') === sha256(stamp)) continue;
    if ((await digestFile(path)).sha256 !== expected.sha256)
      throw damaged(`${path} does not match its digest`);
    const changed = stats.ctimeNs > stats.mtimeNs ? stats.ctimeNs : stats.mtimeNs;
    if (BigInt(Date.now()) * 1_000_000n - changed < RACY_NANOSECONDS) continue;
    await mkdir(dirname(known), { recursive: true, mode: 0o700 });
    await writeFileAtomic(known, sha256(stamp));
  }
}

function signature({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): bigint[] {
  return [dev, ino, size, mtimeNs, ctimeNs];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
