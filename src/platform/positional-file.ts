import { closeSync, constants, fstatSync, open, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { DewarError } from '../core/errors.ts';
import type { ByteSource } from '../core/paged-bytes.ts';
import { isAbsent } from './errno.ts';

/** A file that is open for reading at any place of it. */
export interface PositionalFile extends ByteSource, Disposable {}

/**
 * Opens a regular file; a FIFO is not waited for.
 * @returns undefined when there is no such file
 * @throws DewarError UNREADABLE
 */
export async function openPositional(path: string): Promise<PositionalFile | undefined> {
  let fd: number;
  try {
    // A number, not a FileHandle: one that is forgotten until the process ends does no harm.
    fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw unreadable(path, 'it is not a regular file');
  }
  let closed = false;
  return {
    size: stat.size,
    read(target, position) {
      for (let done = 0; done < target.length;) {
        const count = readSync(fd, target, done, target.length - done, position + done);
        if (count === 0) throw new Error(`it ends at byte ${position + done}`);
        done += count;
      }
    },
    [Symbol.dispose]: () => {
      if (!closed) closeSync(fd);
      closed = true;
    },
  };
}

function unreadable(path: string, why: string, cause?: unknown): DewarError {
  return new DewarError({
    code: 'UNREADABLE',
    message: `${path} could not be read: ${why}`,
    mend: 'give this user the right to read it',
    cause,
  });
}
