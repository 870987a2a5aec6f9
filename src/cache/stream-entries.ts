import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { archiveFiles } from '../platform/archive-files.ts';
import type { Transport } from '../platform/ssh.ts';
import type { CacheEntry } from './cache-listing.ts';
import { cacheFailed } from './guest-cache.ts';

export interface StreamInput {
  /** Of this host; absolute. */
  source: string;
  entries: readonly CacheEntry[];
  /** Of their contents. */
  bytes: number;
  files: number;
  /** In the guest: unpacks a tar archive from its input. */
  unpack: readonly string[];
  /** For errors. */
  target: string;
  owner: { uid: number; gid: number };
}

/** Named in progress. */
export const STREAM_PHASE = 'warm-cache';

const STALL_MS = 5 * 60_000;
const PROGRESS_MS = 100;
/** Of a tar whose reader has ended before. */
const SIGNALLED = 128;
const MEBIBYTE = 1 << 20;

/**
 * Streams files from this host's disk through tar and ssh to the guest's disk, in bounded memory.
 * @throws DewarError CACHE_FAILED, CACHE_STALLED, NO_SPACE_IN_GUEST, COMMAND_NOT_FOUND (no tar), SSH_FAILED, INTERRUPTED
 */
export async function streamEntries(
  input: StreamInput,
  ssh: Transport,
  { emit, signal }: { emit: Emit; signal: AbortSignal | undefined },
): Promise<void> {
  const { source, entries, bytes, files, unpack, target, owner } = input;
  const stalled = new AbortController();
  const stop = AbortSignal.any([stalled.signal, ...(signal === undefined ? [] : [signal])]);
  let timer: NodeJS.Timeout | undefined;
  const moved = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(stall(target)), STALL_MS);
  };
  let sent = 0;
  let archived = 0;
  let saidAt = 0;
  const show = (): void => {
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    // tar adds heads, and holes are not sent: it is never more than all.
    emit({
      type: 'progress',
      phase: STREAM_PHASE,
      done: Math.min(sent, bytes),
      total: bytes,
      unit: 'bytes',
      detail: `${Math.min(archived, files).toLocaleString('en-US')} of ${files.toLocaleString('en-US')} files`,
    });
  };
  moved();
  try {
    const { archive, consumed } = await archiveFiles(
      {
        directory: source,
        names: namesOf(entries),
        owner,
        signal: stop,
        onEntries: (count) => {
          archived += count;
        },
      },
      async (stdout) => {
        const through = new Transform({
          highWaterMark: MEBIBYTE,
          transform(chunk: Buffer, _, done) {
            sent += chunk.length;
            moved();
            show();
            done(null, chunk);
          },
        });
        // The guest's tar may end before it has read all, and says why.
        const piped = pipeline(stdout, through).catch(() => undefined);
        const unpacked = await ssh
          .run(unpack, { input: through, signal: stop })
          .finally(() => through.destroy());
        await piped;
        return unpacked;
      },
    );
    if (archive.exitCode > 1 && archive.exitCode < SIGNALLED) throw sourceFailed(source, archive.stderr);
    if (consumed.exitCode !== 0) throw cacheFailed(target, consumed.stderr);
  } finally {
    clearTimeout(timer);
  }
}

function* namesOf(entries: readonly CacheEntry[]): Generator<Buffer> {
  const some = 256;
  for (let at = 0; at < entries.length; at += some)
    yield Buffer.from(
      entries
        .slice(at, at + some)
        .map(({ path }) => `${path}\0`)
        .join(''),
      'latin1',
    );
}

function stall(target: string): DewarError {
  return new DewarError({
    code: 'CACHE_STALLED',
    message: `nothing moved for ${STALL_MS / 60_000} minutes on the way to the cache ${target} of the guest`,
    mend: 'see what the machine does: dewar status, dewar shell; then run the command again',
  });
}

function sourceFailed(source: string, stderr: string): DewarError {
  return new DewarError({
    code: 'CACHE_UNREADABLE',
    message: `the cache ${source} could not be read to its end: ${stderr.trim().slice(-500) || 'tar gives no reason'}`,
    mend: 'look what is wrong with it, or leave it out with --only',
  });
}
