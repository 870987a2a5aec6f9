import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../platform/run-command.ts';
import { runBuildStep } from './run-build-step.ts';
import type { BuildStep } from './run-build-step.ts';

/**
 * Gives all inodes of an ext4 file system the same change and access time. mke2fs before 1.47.1 takes them from the tree
 * that it reads, where nobody can set them: the only bytes in which two builds of the same inputs would differ.
 * @param scratch a directory for the commands
 * @param time seconds since the epoch
 */
export async function setInodeTimes(
  disk: string,
  scratch: string,
  time: number,
  step: BuildStep,
): Promise<void> {
  const { stdout } = await runCommand('dumpe2fs', [disk], { env: step.tools.env, signal: step.signal });
  const commands = join(scratch, 'inode-times');
  const lines = usedInodes(stdout.toString('utf8')).flatMap((inode) =>
    ['ctime', 'atime'].map((field) => `set_inode_field <${inode}> ${field} @${time}\n`),
  );
  // the first is for the time of the last write, which is in the superblock; the last makes it be written
  await writeFile(commands, [`set_current_time @${time}\n`, ...lines, 'dirty\n'].join(''));
  await runBuildStep(['debugfs', '-w', '-f', commands, disk], step);
}

/** The root directory; 1 is the list of bad blocks, 3 to 10 are the file system's own. */
const ROOT = 2;
const FIRST = 11;

/** Reads what dumpe2fs prints of a file system. @returns numbers of the inodes that files have, ascending */
export function usedInodes(dump: string): number[] {
  const count = Number(/^Inode count: +(\d+)$/m.exec(dump)?.[1] ?? 0);
  const free = new Uint8Array(count + 1);
  for (const [, list = ''] of dump.matchAll(/^ {2}Free inodes: (\d.*)$/gm))
    for (const range of list.split(', ')) {
      const [from = '', to = from] = range.split('-');
      free.fill(1, Number(from), Number(to) + 1);
    }
  const used = count < ROOT ? [] : [ROOT];
  for (let inode = FIRST; inode <= count; inode++) if (free[inode] === 0) used.push(inode);
  return used;
}
