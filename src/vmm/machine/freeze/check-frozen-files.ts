import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileDigest } from '../../../platform/durable-files.ts';
import { isAbsent } from '../../../platform/errno.ts';
import { checkedFiles } from './checked-files.ts';
import { damaged } from './frozen-machine.ts';

/**
 * Checks the files of a frozen machine against its record. Each file is read once on this host, as a rule when the machine
 * is frozen: afterwards its inode, size and times say that it is still the one that was read, as git and Bazel take it.
 * @throws DewarError SNAPSHOT_DAMAGED; NOT_A_REGULAR_FILE
 */
export async function checkFrozenFiles(
  directory: string,
  { files }: { files: Readonly<Record<string, FileDigest>> },
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const checked = checkedFiles(env);
  for (const [name, expected] of Object.entries(files)) {
    const path = join(directory, name);
    const stats = await lstat(path, { bigint: true }).catch((error: unknown) => {
      if (isAbsent(error)) throw damaged(`${path} is missing`);
      throw error;
    });
    if (stats.size !== BigInt(expected.size))
      throw damaged(`${path} has ${stats.size} bytes instead of ${expected.size}`);
    if (await checked.has(stats, expected.sha256)) continue;
    if ((await checked.read(path, expected)).sha256 !== expected.sha256)
      throw damaged(`${path} does not match its digest`);
  }
}
