import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { childEnv } from './child-env.ts';
import { runCommand } from './run-command.ts';

/**
 * By the path of a directory of a work tree ('' is the top, one character a byte): its inode, mode and times of change before it was
 * cleaned. One that still has them has the same entries, and needs no cleaning.
 */
export type TreeStamps = ReadonlyMap<string, string>;

/** What is written down of a work tree. */
export interface KnownStamps {
  /** As stat prints it. */
  raw: Buffer;
  /** Those that are no longer as they were; undefined when that cannot be found out. */
  changed: Promise<string[] | undefined>;
}

interface StampOptions {
  signal?: AbortSignal | undefined;
}

/** In the git directory of a work tree. */
const FILES = {
  /** Of what index the others are; whoever changes the work tree removes it before. */
  mark: 'dewar-stamps-of',
  stamps: 'dewar-stamps',
  names: 'dewar-directories',
} as const;
/** A change in the same tick of the file system's clock would not show: times that are so young say nothing. */
const YOUNG_MS = 3_000;
const NEVER = '0';

/**
 * Takes what is written down of a work tree, and begins to look what has changed. A run that is killed leaves nothing that could be wrong.
 * @returns undefined when there is nothing, or another program has written the index since
 */
export async function takeStamps(
  worktree: string,
  gitDir: string,
  options: StampOptions,
): Promise<KnownStamps | undefined> {
  const mark = join(gitDir, FILES.mark);
  const of = await readFile(mark, 'utf8').catch(() => undefined);
  if (of === undefined) return undefined;
  await rm(mark);
  if (of !== (await identityOfIndex(gitDir))) return undefined;
  const [raw, names] = await Promise.all(
    [FILES.stamps, FILES.names].map((name) => readFile(join(gitDir, name)).catch(() => undefined)),
  );
  if (raw === undefined || names === undefined) return undefined;
  const changed = changedSince(worktree, raw, names, options);
  // Whoever asks sees it.
  changed.catch(() => undefined);
  return { raw, changed };
}

/** Writes down what holds for a work tree that is as its index says. */
export async function saveStamps(gitDir: string, stamps: TreeStamps | 'as before'): Promise<void> {
  const index = await identityOfIndex(gitDir);
  if (index === undefined) return;
  const write = (name: string, text: string): Promise<void> =>
    writeFileAtomic(join(gitDir, name), Buffer.from(text, 'latin1'), { fsync: false });
  if (stamps !== 'as before') {
    const entries = [...stamps];
    await write(FILES.stamps, entries.map(([path, stamp]) => `${stamp} ./${path}\0`).join(''));
    await write(FILES.names, namesOf(entries.map(([path]) => path)));
  }
  await write(FILES.mark, index);
}

/** @param raw of `KnownStamps` */
export function parseStamps(raw: Buffer): Map<string, string> {
  const records = raw.toString('latin1').split('\0').slice(0, -1);
  return new Map(
    records.map((record) => {
      const at = record.indexOf(' ');
      return [record.slice(at + ' ./'.length), record.slice(0, at)];
    }),
  );
}

/**
 * @param top the directory to begin at
 * @returns stamps of all directories there and below, to be kept when they are cleaned after this; undefined when they cannot be read
 */
export async function stampTree(
  worktree: string,
  top: string,
  { signal }: StampOptions,
): Promise<TreeStamps | undefined> {
  const from = Buffer.from(`./${top}`, 'latin1').toString('utf8');
  const found = await runCommand('find', [from, '-type', 'd', '-print0'], { cwd: worktree, signal });
  if (found.exitCode !== 0) return undefined;
  const paths = found.stdout.toString('latin1').split('\0').slice(0, -1);
  return stampDirectories(
    worktree,
    paths.map((path) => path.slice('./'.length)),
    { signal },
  );
}

/** @returns as `stampTree`, of these directories */
export async function stampDirectories(
  worktree: string,
  paths: readonly string[],
  options: StampOptions,
): Promise<TreeStamps | undefined> {
  if (paths.length === 0) return new Map();
  const young = Date.now() - YOUNG_MS;
  const raw = await look(worktree, Buffer.from(namesOf(paths), 'latin1'), options);
  if (raw === undefined) return undefined;
  return new Map([...parseStamps(raw)].map(([path, stamp]) => [path, isOlder(stamp, young) ? stamp : NEVER]));
}

async function changedSince(
  worktree: string,
  raw: Buffer,
  names: Buffer,
  options: StampOptions,
): Promise<string[] | undefined> {
  const seen = await look(worktree, names, options);
  if (seen?.equals(raw) === true) return [];
  const now = seen && parseStamps(seen);
  return (
    now && [...parseStamps(raw)].filter(([path, stamp]) => now.get(path) !== stamp).map(([path]) => path)
  );
}

/** @returns what stat prints of directories, in their order; nothing of those that are gone */
async function look(worktree: string, names: Buffer, { signal }: StampOptions): Promise<Buffer | undefined> {
  const args = ['-0', 'stat', '--printf', String.raw`%i_%.9Y_%.9Z_%f %n\0`];
  const env = { ...childEnv(), LC_ALL: 'C' };
  const seen = await runCommand('xargs', args, { cwd: worktree, input: names, env, signal });
  // 123: some of them are gone.
  return seen.exitCode === 0 || seen.exitCode === 123 ? seen.stdout : undefined;
}

function namesOf(paths: readonly string[]): string {
  return paths.map((path) => `./${path}\0`).join('');
}

function isOlder(stamp: string, ms: number): boolean {
  const [, modified, changed] = stamp.split('_');
  return Number(modified) * 1000 < ms && Number(changed) * 1000 < ms;
}

async function identityOfIndex(gitDir: string): Promise<string | undefined> {
  const found = await stat(join(gitDir, 'index'), { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join('_');
}
