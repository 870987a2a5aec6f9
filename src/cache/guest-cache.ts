import { DewarError } from '../core/errors.ts';
import type { Transport } from '../platform/ssh.ts';
import { ABANDON, COMMIT, DROP, INSPECT, LIST, UNPACK } from './guest-scripts.ts';
import type { GuestTree } from './plan-transfer.ts';
import { parseSentinel } from './sentinel.ts';
import type { Sentinel } from './sentinel.ts';

/** A cache in a guest, by one connection of its root. Nothing that the guest says is trusted to be true, or short. */
export interface GuestCache {
  inspect(): Promise<GuestState>;
  list(): Promise<GuestTree>;
  /** The command that unpacks an archive from its input, beside the cache. */
  unpackCommand(run: string): string[];
  drop(run: string, paths: readonly string[]): Promise<void>;
  abandon(run: string): Promise<void>;
  commit(run: string, sentinel: Sentinel): Promise<void>;
}

export interface GuestState {
  kind: 'none' | 'directory' | 'mount' | 'other';
  /** As stat(1) names it. */
  fileSystem: string;
  free: { bytes: number; inodes: number };
  sentinel: Sentinel | undefined;
}

export interface GuestCacheOptions {
  /** Names the sentinel. */
  id: string;
  /** Absolute. */
  target: string;
  /** Of the guest, who owns the cache. */
  user: string;
  signal: AbortSignal | undefined;
}

const DEADLINE_MS = 10 * 60_000;
const LARGEST_STATE = 256 << 10;
/** A path, or a sentinel. */
const LARGEST_FIELD = 128 << 10;
const LARGEST_LIST = 512 << 20;
const NOT_UNDERSTOOD = 'its answer was not understood';
const KINDS = ['none', 'directory', 'mount', 'other'] as const;
const TYPES = { f: 'file', d: 'directory', l: 'link' } as const;

/** All its calls throw DewarError CACHE_FAILED, SSH_FAILED, DEADLINE, INTERRUPTED. */
export function guestCache(ssh: Transport, { id, target, user, signal }: GuestCacheOptions): GuestCache {
  const command = (script: string, ...args: string[]): string[] => [
    '/bin/sh',
    '-c',
    script,
    'sh',
    id,
    target,
    ...args,
  ];
  const run = async (script: string, args: string[], input?: Buffer): Promise<void> => {
    const done = await ssh.run(command(script, ...args), {
      deadlineMs: DEADLINE_MS,
      signal: script === ABANDON ? undefined : signal,
      ...(input === undefined ? {} : { input }),
    });
    if (done.exitCode !== 0) throw cacheFailed(target, done.stderr);
  };
  const read = async (script: string, limit: number, onField: (field: string) => void): Promise<void> => {
    let rest = '';
    let size = 0;
    const done = await ssh.stream(command(script), {
      deadlineMs: DEADLINE_MS,
      signal,
      onChunk: (chunk) => {
        size += chunk.length;
        if (size > limit) throw cacheFailed(target, `it says more than ${limit >> 20} MiB of what it has`);
        const fields = (rest + chunk.toString('latin1')).split('\0');
        rest = fields.pop() ?? '';
        if (rest.length > LARGEST_FIELD) throw cacheFailed(target, NOT_UNDERSTOOD);
        for (const field of fields) onField(field);
      },
    });
    if (done.exitCode !== 0) throw cacheFailed(target, done.stderr);
  };
  return {
    async inspect() {
      const fields: string[] = [];
      await read(INSPECT, LARGEST_STATE, (field) => fields.push(field));
      const [kind, fileSystem = '', free, inodes, sentinel = ''] = fields;
      const known = KINDS.find((one) => one === kind);
      if (known === undefined) throw cacheFailed(target, NOT_UNDERSTOOD);
      return {
        kind: known,
        fileSystem: fileSystem.slice(0, 64),
        free: { bytes: numberOf(free) * 1024, inodes: numberOf(inodes) },
        sentinel: parseSentinel(Buffer.from(sentinel, 'latin1').toString('utf8')),
      };
    },
    async list() {
      const tree = new Map<
        string,
        { type: 'file' | 'directory' | 'link' | 'other'; size: number; mtime: number }
      >();
      let fields: string[] = [];
      await read(LIST, LARGEST_LIST, (field) => {
        fields.push(field);
        if (fields.length < 4) return;
        const [letter = '', size, mtime, path = ''] = fields;
        fields = [];
        const type = Object.hasOwn(TYPES, letter) ? TYPES[letter as keyof typeof TYPES] : 'other';
        tree.set(path, { type, size: numberOf(size), mtime: Math.floor(numberOf(mtime)) });
      });
      return tree;
    },
    unpackCommand: (name) => command(UNPACK, name, user),
    async drop(name, paths) {
      await run(DROP, [name], Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1'));
    },
    abandon: (name) => run(ABANDON, [name]),
    commit: (name, sentinel) => run(COMMIT, [name, JSON.stringify(sentinel)]),
  };
}

/** @param why what the guest said */
export function cacheFailed(target: string, why: string): DewarError {
  const said = why.trim().slice(-500);
  if (/No space left on device|Disk quota exceeded/i.test(said))
    return new DewarError({
      code: 'NO_SPACE_IN_GUEST',
      message: `the guest has no space for the cache ${target}: ${said}`,
      mend: 'make room there (dewar shell), raise resources.diskGB and reset, or leave caches out with --only',
    });
  return new DewarError({
    code: 'CACHE_FAILED',
    message: `the cache ${target} of the guest could not be written: ${said || 'no reason given'}`,
    mend: 'look what is there: dewar shell; then run the command again',
  });
}

/** @returns a number that can be reckoned with, whatever the text is */
function numberOf(text: string | undefined): number {
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : 0;
}
