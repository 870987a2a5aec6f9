import { setTimeout as sleep } from 'node:timers/promises';
import { openLogReader } from './log-reader.ts';
import type { LogReader } from './log-reader.ts';

export interface FollowOptions {
  /** Lines of what is there already. */
  most: number;
  /** Asked again and again: true when nobody writes to it any more. */
  isOver: () => Promise<boolean>;
  signal: AbortSignal | undefined;
  pollMs?: number;
}

const POLL_MS = 250;

/**
 * Reads a log while it is written, also one that is begun anew meanwhile.
 * @param path absolute
 * @returns lines as they come, with what is text in them; ends when `isOver`, or by the signal
 */
export async function* followLog(path: string, options: FollowOptions): AsyncGenerator<string[]> {
  const { isOver, signal, pollMs = POLL_MS } = options;
  const isAborted = (): boolean => signal?.aborted === true;
  let reader: LogReader | undefined;
  try {
    for (let most = options.most; ; most = Infinity) {
      // What is written before it is over is read after.
      const isLast = isAborted() || (await isOver());
      if (reader !== undefined && (await reader.isReplaced())) {
        yield reader.rest();
        await reader.close();
        reader = undefined;
      }
      reader ??= await openLogReader(path, most);
      for await (const lines of reader?.newLines() ?? []) {
        yield lines;
        if (isAborted()) break;
      }
      if (isLast || isAborted()) break;
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
    if (reader !== undefined) yield reader.rest();
  } finally {
    await reader?.close();
  }
}
