import { mkdir, writeFile } from 'node:fs/promises';
import { askPaths, TAR_COMMAND, unreadableThere } from './ask-paths.ts';
import type { FileLimits } from './ask-paths.ts';
import type { CommandHost } from './command-host.ts';
import { readTar } from './read-tar.ts';
import type { TarMember } from './read-tar.ts';

export interface Copy {
  /** Absolute, where the programs run. */
  from: Buffer;
  /** Absolute, on this host; there must be nothing. */
  to: Buffer;
}

/** One call brings so many. */
const AT_ONCE = 1000;

/**
 * Copies what some paths lead to in a place where programs can be run: plain files with their permissions; whatever else is
 * there becomes an empty directory, and what is not there is not made. Nothing that comes from there names a path here.
 * @throws DewarError UNREADABLE, those of running programs, and errors of the file system
 */
export async function copyOut(
  commands: CommandHost,
  copies: readonly Copy[],
  limits: FileLimits = {},
): Promise<void> {
  const targets = new Map(copies.map(({ from, to }) => [keyOf(from), to]));
  const paths = [...targets.keys()].map((key) => Buffer.from(key, 'latin1'));
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE);
    const { bytes, absent } = await askPaths(commands, TAR_COMMAND, some, limits);
    const members = readTar(bytes);
    if (typeof members === 'string') throw unreadableThere(some[0], members);
    if (members.length + absent !== some.length) throw unreadableThere(some[0], 'not every file came');
    for (const member of members) await place(member, targets);
  }
}

async function place(
  { name, kind, mode, content }: TarMember,
  targets: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const to = targets.get(keyOf(name).replace(/\/$/, ''));
  if (to === undefined) throw unreadableThere(name, 'nobody asked for it');
  await mkdir(kind === 'file' ? to.subarray(0, to.lastIndexOf(SLASH)) : to, { recursive: true });
  if (kind === 'file') await writeFile(to, content, { flag: 'wx', mode });
}

const SLASH = '/';

/** Names are bytes. */
function keyOf(path: Buffer): string {
  return path.toString('latin1');
}
