import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { archiveFiles } from '../platform/archive-files.ts';
import type { Transport } from '../platform/ssh.ts';
import { archivedFiles } from './archived-files.ts';
import type { EntryTable } from './entry-table.ts';
import { cacheFailed } from './guest-cache.ts';

export interface StreamInput {
  /** Of this host; absolute. */
  source: string;
  entries: EntryTable;
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
/** Of a tar whose reader has ended before: 128 + SIGPIPE. */
const READER_ENDED = 141;

/**
 * Streams files from this host's disk through tar and ssh to the guest's disk; none of it passes through this process.
 * @throws DewarError CACHE_FAILED, CACHE_STALLED, CACHE_UNREADABLE, NO_SPACE_IN_GUEST, COMMAND_NOT_FOUND (no tar), SSH_FAILED,
 * INTERRUPTED
 */
export async function streamEntries(
  input: StreamInput,
  ssh: Transport,
  { emit, signal }: { emit: Emit; signal: AbortSignal | undefined },
): Promise<void> {
  const { source, entries, unpack, target, owner } = input;
  const { bytes, files } = entries;
  const stalled = new AbortController();
  const stop = AbortSignal.any([stalled.signal, ...(signal === undefined ? [] : [signal])]);
  let timer: NodeJS.Timeout | undefined;
  const moved = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(stall(target)), STALL_MS);
  };
  const filesAt = archivedFiles(entries);
  let saidAt = 0;
  const onBytes = (written: number): void => {
    moved();
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    // tar adds heads, and holes are not sent: it is never more than all.
    emit({
      type: 'progress',
      phase: STREAM_PHASE,
      done: Math.min(written, bytes),
      total: bytes,
      unit: 'bytes',
      detail: `${filesAt(written).toLocaleString('en-US')} of ${files.toLocaleString('en-US')} files`,
    });
  };
  moved();
  try {
    const archive = await archiveFiles(
      { directory: source, names: entries.paths(), owner, onBytes },
      (program) => ssh.pipe(program, unpack, { signal: stop }),
    );
    const { exitCode, stderr, reader } = archive;
    // A guest that reads half of an archive does not always notice.
    if (exitCode > 1 && exitCode !== READER_ENDED) throw sourceFailed(source, stderr);
    if (reader.exitCode !== 0 || exitCode === READER_ENDED) throw cacheFailed(target, reader.stderr);
  } finally {
    clearTimeout(timer);
  }
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
