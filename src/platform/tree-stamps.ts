import { lstat, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { bytesOfPath } from './bytes-of-path.ts';
import { childEnv } from './child-env.ts';
import { isAbsent } from './errno.ts';
import { runCommand } from './run-command.ts';

/**
 * By the path of a directory of a work tree ('' is the top, one character a byte): its inode, times of change and mode before it was
 * cleaned. One that still has them has the same entries, and needs no cleaning.
 */
export type TreeStamps = ReadonlyMap<string, string>;

/** What is written down of a work tree. */
export interface KnownStamps {
  has(path: string): boolean;
  all(): TreeStamps;
  /** Directories that are no longer as they were; undefined when that cannot be found out. */
  changed: Promise<string[] | undefined>;
}

interface StampOptions {
  signal?: AbortSignal | undefined;
}

/** In the git directory of a work tree. */
const FILES = {
  /** Of what index the others are; whoever changes the work tree removes it before. */
  mark: 'dewar-stamps-of',
  /** As stat prints them. */
  stamps: 'dewar-stamps',
  names: 'dewar-directories',
  /** Stamps of some of them that came later. */
  later: 'dewar-stamps-later',
} as const;
/**
 * A second change in the same tick of the file system's clock would not show: times that are so young say nothing. Linux has ticks of up to
 * 10 ms; where there are no parts of a second the file system itself may count seconds, or pairs of them.
 */
const YOUNG_MS = 100;
const YOUNG_IN_SECONDS_MS = 3_000;
const NEVER = '0';
/** What is looked for one by one. */
const MOST_LATER = 100;

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
  const [base, names, later] = await Promise.all(
    [FILES.stamps, FILES.names, FILES.later].map((name) =>
      readFile(join(gitDir, name)).catch(() => undefined),
    ),
  );
  if (base === undefined || names === undefined) return undefined;
  const raw = replaceStamps(base, parseStamps(later ?? Buffer.alloc(0)));
  const changed = changedSince(worktree, raw, names, options);
  // Whoever asks sees it.
  changed.catch(() => undefined);
  return { has: (path) => recordAt(raw, path) !== undefined, all: () => parseStamps(raw), changed };
}

/**
 * Writes down what holds for a work tree that is as its index says.
 * @param later of directories that were known before
 */
export async function saveStamps(
  gitDir: string,
  stamps: { all: TreeStamps } | { later: TreeStamps },
): Promise<void> {
  const index = await identityOfIndex(gitDir);
  if (index === undefined) return;
  const path = (name: keyof typeof FILES): string => join(gitDir, FILES[name]);
  const write = (name: keyof typeof FILES, text: string): Promise<void> =>
    writeFileAtomic(path(name), Buffer.from(text, 'latin1'), { fsync: false });
  if ('all' in stamps) {
    await rm(path('later'), { force: true });
    await write('stamps', recordsOf(stamps.all));
    await write('names', namesOf([...stamps.all.keys()]));
  } else if (stamps.later.size > 0) {
    const before = parseStamps(await readFile(path('later')).catch(() => Buffer.alloc(0)));
    const later = new Map([...before, ...stamps.later]);
    if (later.size > MOST_LATER) {
      const all = new Map([...parseStamps(await readFile(path('stamps'))), ...later]);
      return saveStamps(gitDir, { all });
    }
    await write('later', recordsOf(later));
  }
  await write('mark', index);
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
  const now = Date.now();
  // `.//a` of a top that is empty.
  const names = found.stdout.toString('latin1').replaceAll(/(^|\0)\.\/+/g, '$1./');
  const raw = await look(worktree, Buffer.from(names, 'latin1'), { signal });
  return raw && new Map([...parseStamps(raw)].map(([path, stamp]) => [path, onceOld(stamp, now)]));
}

/** @returns the stamp of one directory, as `stampTree`; undefined when it is none */
export async function stampDirectory(worktree: string, path: string): Promise<string | undefined> {
  const now = Date.now();
  try {
    const found = await lstat(bytesOfPath(worktree, path), { bigint: true });
    if (!found.isDirectory()) return undefined;
    const { ino, mtimeNs, ctimeNs, mode } = found;
    return onceOld([ino, seconds(mtimeNs), seconds(ctimeNs), mode.toString(16)].join('_'), now);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
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

function parseStamps(raw: Buffer): Map<string, string> {
  const records = raw.toString('latin1').split('\0').slice(0, -1);
  return new Map(
    records.map((record) => {
      const at = record.indexOf(' ');
      return [record.slice(at + ' ./'.length), record.slice(0, at)];
    }),
  );
}

function recordsOf(stamps: TreeStamps): string {
  return [...stamps].map(([path, stamp]) => `${stamp} ./${path}\0`).join('');
}

function namesOf(paths: readonly string[]): string {
  return paths.map((path) => `./${path}\0`).join('');
}

/** @returns from where to where the stamp of a path lies */
function recordAt(raw: Buffer, path: string): [number, number] | undefined {
  const end = raw.indexOf(Buffer.from(` ./${path}\0`, 'latin1'));
  return end === -1 ? undefined : [raw.lastIndexOf(0, end) + 1, end];
}

function replaceStamps(raw: Buffer, later: TreeStamps): Buffer {
  let all = raw;
  for (const [path, stamp] of later) {
    const found = recordAt(all, path);
    if (found === undefined) continue;
    const [start, end] = found;
    all = Buffer.concat([all.subarray(0, start), Buffer.from(stamp), all.subarray(end)]);
  }
  return all;
}

function onceOld(stamp: string, now: number): string {
  const [, ...times] = stamp.split('_');
  const isOld = times
    .slice(0, 2)
    .every((time) => Number(time) * 1000 < now - (/\.0*$/.test(time) ? YOUNG_IN_SECONDS_MS : YOUNG_MS));
  return isOld ? stamp : NEVER;
}

/** As stat prints it. */
function seconds(ns: bigint): string {
  const digits = ns.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

async function identityOfIndex(gitDir: string): Promise<string | undefined> {
  const found = await stat(join(gitDir, 'index'), { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join('_');
}
