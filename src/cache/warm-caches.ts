import { randomBytes } from 'node:crypto';
import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { acquireLock } from '../platform/file-lock.ts';
import type { Transport } from '../platform/ssh.ts';
import type { CacheListing, Skipped } from './cache-listing.ts';
import { findChanged } from './find-changed.ts';
import { guestCache } from './guest-cache.ts';
import type { GuestCache, GuestState } from './guest-cache.ts';
import { listCache } from './list-cache.ts';
import type { CachePlace } from './locate-cache.ts';
import { planTransfer } from './plan-transfer.ts';
import type { Transfer } from './plan-transfer.ts';
import { digestListing } from './sentinel.ts';
import { STREAM_PHASE, streamEntries } from './stream-entries.ts';

export interface WarmRequest {
  plugin: string;
  caches: readonly CachePlace[];
  /** Sends what the guest lacks, also where a cache came whole before. */
  force: boolean;
  /** Sends nothing, and says what would be. */
  dryRun: boolean;
}

export interface WarmIo {
  /** Of the guest's root. */
  ssh: Transport;
  /** Of the guest, who owns the caches. */
  user: { name: string; uid: number; gid: number };
  /** One run at a time for a machine: path of a kernel lock, absolute. */
  lock: string;
  emit: Emit;
  signal: AbortSignal | undefined;
}

export interface WarmResult {
  name: string;
  /**
   * `warm`: it came whole before, nothing was sent. `streamed`: the guest has it now. `planned`: it would be sent.
   * `absent`: this host has none.
   */
  outcome: 'warm' | 'streamed' | 'planned' | 'absent';
  host: string;
  /** The variable that names the host's directory; null: it is the tool's own place. */
  variable: string | null;
  guest: string;
  /** That were sent, or would be: files and links, and their bytes. */
  files: number;
  bytes: number;
  /** Of the whole cache. */
  total_files: number;
  left_out: Skipped | null;
  /** ISO 8601; when it came whole. */
  streamed_at: string | null;
  ms: number;
}

/** More than this stays free for the guest's own work. */
const RESERVE_BYTES = 256 << 20;
const RESERVE_INODES = 10_000;

/**
 * Streams caches of this host's tools into a guest, once: a cache with a sentinel is left alone. Each one is unpacked beside its
 * place and takes it in one step; a run that ends early leaves what was there.
 * @returns an outcome for each cache, in order
 * @throws DewarError CACHE_FAILED, CACHE_STALLED, CACHE_UNREADABLE, CACHE_TOO_LARGE, CACHE_PLACE, NO_SPACE_IN_GUEST, SSH_FAILED,
 * DEADLINE, INTERRUPTED
 */
export async function warmCaches(request: WarmRequest, io: WarmIo): Promise<WarmResult[]> {
  await using lock = await acquireLock(io.lock, {
    signal: io.signal,
    onWait: () =>
      io.emit({ type: 'note', message: 'waiting for another dewar that warms caches of this machine' }),
  });
  io.emit({ type: 'debug', message: `holding ${lock.path}` });
  const results: WarmResult[] = [];
  for (const cache of request.caches) results.push(await warmOne(cache, request, io));
  return results;
}

async function warmOne(cache: CachePlace, request: WarmRequest, io: WarmIo): Promise<WarmResult> {
  const { force, dryRun, plugin } = request;
  const { emit, signal, user, ssh } = io;
  const start = performance.now();
  const target = cache.guest;
  const guest = guestCache(ssh, { id: `${plugin}.${cache.name}`, target, user: user.name, signal });
  const state = await guest.inspect();
  const { sentinel } = state;
  const result = (outcome: WarmResult['outcome'], more: Partial<WarmResult> = {}): WarmResult => ({
    name: cache.name,
    outcome,
    host: cache.host,
    variable: cache.variable ?? null,
    guest: target,
    files: 0,
    bytes: 0,
    total_files: 0,
    left_out: null,
    streamed_at: null,
    ...more,
    ms: Math.round(performance.now() - start),
  });
  if (sentinel !== undefined && sentinel.target === target && state.kind === 'directory' && !force)
    return result('warm', { total_files: sentinel.files, streamed_at: sentinel.streamed_at });
  assertPlace(target, state);
  const message = `${dryRun ? 'looking at' : 'warming'} the ${cache.name} cache`;
  emit({ type: 'phase', phase: STREAM_PHASE, message });
  const begun = performance.now();
  try {
    const listing = await listCache(cache.host, {
      exclude: cache.exclude,
      unpacked: cache.unpacked,
      signal,
      onProgress: (done) => emit({ type: 'progress', phase: STREAM_PHASE, done, unit: 'entries' }),
    });
    if (listing === undefined) return result('absent');
    const transfer = planTransfer(listing, state.kind === 'directory' ? await guest.list() : undefined);
    const figures = {
      files: transfer.send.files,
      bytes: transfer.send.bytes,
      total_files: listing.entries.files,
      left_out: listing.skipped,
    };
    if (dryRun) return result('planned', figures);
    assertSpace(target, transfer, state);
    const streamedAt = await send({ cache, listing, transfer, guest }, io);
    return result('streamed', { ...figures, streamed_at: streamedAt });
  } finally {
    emit({ type: 'phase-done', phase: STREAM_PHASE, ms: performance.now() - begun });
  }
}

/** @returns when it came whole */
async function send(
  work: { cache: CachePlace; listing: CacheListing; transfer: Transfer; guest: GuestCache },
  io: WarmIo,
): Promise<string> {
  const { cache, listing, transfer, guest } = work;
  const run = randomBytes(6).toString('hex');
  try {
    await streamEntries(
      {
        source: cache.host,
        entries: transfer.send,
        unpack: guest.unpackCommand(run),
        target: cache.guest,
        owner: io.user,
      },
      io.ssh,
      io,
    );
    const changed = await findChanged(cache.host, transfer.send, io.signal);
    listing.skipped.changed += changed.length;
    // Half of one state and half of another is in no cache of any tool.
    if (changed.length > 0) await guest.drop(run, changed);
    const streamedAt = new Date().toISOString();
    await guest.commit(run, {
      version: 1,
      source: cache.host,
      target: cache.guest,
      streamed_at: streamedAt,
      files: listing.entries.files - changed.length,
      bytes: listing.entries.bytes,
      listing: digestListing(listing),
    });
    return streamedAt;
  } catch (error) {
    // The next run removes it too.
    await guest.abandon(run).catch(() => undefined);
    throw error;
  }
}

/** @throws DewarError CACHE_PLACE */
function assertPlace(target: string, { kind, fileSystem }: GuestState): void {
  const isShare = fileSystem.startsWith('fuse');
  if (kind !== 'mount' && kind !== 'other' && !isShare) return;
  throw new DewarError({
    code: 'CACHE_PLACE',
    message: isShare
      ? `${target} of the guest lies in a share of this host (${fileSystem})`
      : `${target} of the guest is ${kind === 'mount' ? 'a mount' : 'no directory'}`,
    mend:
      isShare || kind === 'mount'
        ? "take that mount out of the config: a cache belongs to the machine's own disk; dewar doctor names it"
        : 'move it away there: dewar shell',
  });
}

/** @throws DewarError NO_SPACE_IN_GUEST */
function assertSpace(target: string, { space }: Transfer, { free }: GuestState): void {
  const bytes = space.bytes + RESERVE_BYTES;
  const inodes = space.inodes + RESERVE_INODES;
  if (bytes <= free.bytes && (inodes <= free.inodes || free.inodes === 0)) return;
  throw new DewarError({
    code: 'NO_SPACE_IN_GUEST',
    message: `the cache ${target} needs ${space.bytes.toLocaleString('en-US')} bytes and ${space.inodes.toLocaleString('en-US')} inodes in the guest, which has ${free.bytes.toLocaleString('en-US')} and ${free.inodes.toLocaleString('en-US')} free`,
    mend: 'make room there (dewar shell), raise resources.diskGB and reset, or leave caches out with --only',
  });
}
