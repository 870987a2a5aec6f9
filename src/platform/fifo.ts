import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { runCommand } from './run-command.ts';
import { makeTempDirectory } from './temp-dir.ts';

/** What Linux keeps in a pipe. */
const PIPE_BYTES = 1 << 16;

export interface Fifo extends AsyncDisposable {
  path: string;
  /** Resolves once a writer has come and gone and all was read, or after `finish`. */
  closed: Promise<void>;
  /** Says that no writer will come any more; `drain` keeps what is still in the pipe. */
  finish(drain: boolean): void;
}

/**
 * Makes a FIFO in a private directory and opens its reading end without waiting for a writer.
 * @param onChunk gets a buffer that is used again after it returns
 * @throws DewarError FIFO_FAILED
 */
export async function openFifo(onChunk: (chunk: Buffer) => void): Promise<Fifo> {
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
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // Node's types know `onread` only for connections; the constructor takes it as well.
  const settings: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: Buffer.allocUnsafeSlow(PIPE_BYTES),
      callback: (size, buffer) => {
        onChunk(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        return true;
      },
    },
  };
  const stream = new Socket(settings);
  return {
    path,
    closed: new Promise((resolve) => {
      // The writer's exit says whether the output is whole; a broken stream only ends it.
      stream.on('error', () => resolve());
      stream.on('close', () => resolve());
    }),
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
