import type { Writable } from 'node:stream';
import { DewarError } from '../core/errors.ts';

/** Characters in one write: the whole of a big output would be copied into one buffer. */
const CHUNK_LENGTH = 1 << 20;

/**
 * Writes a result and waits until the system has taken all of it. A reader that has gone away (`dewar … | head`) ends
 * the output without an error.
 * @returns false when it has
 * @throws DewarError OUTPUT_FAILED
 */
export async function writeOutput(stream: Writable, text: string): Promise<boolean> {
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = chunkEnd(text, at);
    const error = await write(stream, text.slice(at, end));
    if (error === undefined) continue;
    if (isGone(error)) return false;
    throw new DewarError({
      code: 'OUTPUT_FAILED',
      message: `stdout cannot be written: ${error.message}`,
      mend: 'make room where stdout goes, or send it elsewhere',
      cause: error,
    });
  }
  return true;
}

/** Without a listener, a stream whose reader has gone would end the process with a stack; `writeOutput` reports the rest. */
export function ignoreStreamErrors(stream: Writable): void {
  stream.on('error', () => undefined);
}

/** Never between the two halves of a surrogate pair: each would be encoded as U+FFFD. */
function chunkEnd(text: string, start: number): number {
  const end = start + CHUNK_LENGTH;
  if (end >= text.length) return text.length;
  return (text.codePointAt(end - 1) ?? 0) > 0xffff ? end + 1 : end;
}

function write(stream: Writable, chunk: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    stream.write(chunk, (error) => resolve(error ?? undefined));
  });
}

function isGone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ECONNRESET';
}
