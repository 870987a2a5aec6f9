import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

export interface FileTail extends Disposable {
  /** Says that nobody writes any more: what is there now is the rest. Resolves when all of it was handed on. */
  finish(): Promise<void>;
}

/** Bytes that are read at a time. */
const CHUNK = 1 << 18;
/** How long to wait for more when the end is reached. */
const POLL_MS = 4;

/**
 * Hands on the content of a regular file while another process writes it. The writer never waits for the reader, as it
 * would on a pipe.
 * @param path a file that exists and that its writer does not replace
 * @param onChunk gets a buffer that is used again after it returns
 */
export function tailFile(path: string, onChunk: (chunk: Buffer) => void): FileTail {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let finished = false;
  let stopped = false;
  const follow = async (): Promise<void> => {
    for (;;) {
      const last = finished;
      const size = stopped ? 0 : readSync(file, buffer, 0, CHUNK, null);
      if (size > 0) onChunk(buffer.subarray(0, size));
      if (size === 0 && (last || stopped)) return;
      // Signals and deadlines are looked at in between.
      await (size === 0 ? sleep(POLL_MS) : nextTurn());
    }
  };
  const followed = follow();
  return {
    finish: () => {
      finished = true;
      return followed;
    },
    [Symbol.dispose]: () => {
      stopped = true;
      void followed.finally(() => closeSync(file));
    },
  };
}
