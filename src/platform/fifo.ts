import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DewarError } from '../core/errors.ts';
import { runCommand } from './run-command.ts';
import { makeTempDirectory } from './temp-dir.ts';

export interface Fifo extends AsyncDisposable {
  path: string;
  /** Ends once a writer has come and gone, or after `finish`. */
  stream: Readable;
  /** Says that no writer will come any more; `drain` keeps what is still in the pipe. */
  finish(drain: boolean): void;
}

/**
 * Makes a FIFO in a private directory and opens its reading end without waiting for a writer.
 * @throws DewarError FIFO_FAILED
 */
export async function openFifo(): Promise<Fifo> {
  const directory = await makeTempDirectory('fifo');
  const path = join(directory.path, 'output');
  const made = await runCommand('mkfifo', ['-m', '600', path]);
  if (made.exitCode !== 0) {
    await directory[Symbol.asyncDispose]();
    throw new DewarError({
      code: 'FIFO_FAILED',
      message: `mkfifo ${path} failed: ${made.stderr.trim()}`,
      mend: 'set TMPDIR to a directory on a file system that has FIFOs',
    });
  }
  // Non-blocking: the open returns at once, and a read sees end-of-file only after a writer has gone.
  const stream = new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  return {
    path,
    stream,
    finish: (drain) => {
      if (!drain) stream.destroy();
      if (!stream.destroyed) touchWriter(path);
    },
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A writer that comes and goes gives the reader its end-of-file, after what others wrote. */
function touchWriter(path: string): void {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
}
