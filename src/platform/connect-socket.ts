import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../core/errors.ts';
import { isAbsent, errnoOf } from './errno.ts';
import { interrupted } from './run-command.ts';

export interface ConnectOptions {
  /** For messages: what is at the other end. */
  peer: string;
  /** For how long to try to connect, milliseconds. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
  /** Looked at between two tries: an error it throws ends them. */
  check?: (() => void) | undefined;
}

const POLL_MS = 10;

/**
 * Connects to a unix socket, as soon as its owner listens. Its path may be longer than the kernel takes (107 bytes): it is
 * named by way of its directory.
 * @throws DewarError NO_ANSWER (at the deadline), INTERRUPTED; what `check` throws; errors of the file system
 */
export async function connectSocket(path: string, options: ConnectOptions): Promise<Socket> {
  const { peer, deadlineMs, signal } = options;
  const end = performance.now() + deadlineMs;
  await using directory = await open(dirname(path), 'r');
  const short = `/proc/self/fd/${directory.fd}/${basename(path)}`;
  for (;;) {
    if (signal?.aborted === true) throw interrupted(`connecting to ${peer}`, signal.reason);
    options.check?.();
    const tried = await connect(short);
    if (!(tried instanceof Error)) return tried;
    if (!isAbsent(tried) && errnoOf(tried) !== 'ECONNREFUSED') throw tried;
    if (performance.now() >= end)
      throw new DewarError({
        code: 'NO_ANSWER',
        message: `${peer} did not listen on ${path} within ${deadlineMs / 1000} s`,
        mend: 'look into the log files beside it',
      });
    await sleep(POLL_MS);
  }
}

function connect(path: string): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('error', resolve);
    socket.once('connect', () => {
      socket.removeListener('error', resolve);
      // Until its user listens: it is also closed then.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
