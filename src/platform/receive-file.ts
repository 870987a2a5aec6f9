import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { basename, dirname } from 'node:path';

/** A unix socket whose first connection is written to a file. */
export interface FileReceiver extends AsyncDisposable {
  /** Resolves when the sender has closed and its bytes are on the disk, to their number. */
  received(): Promise<number>;
}

/**
 * Listens on a unix socket for one sender and writes what it sends to a new file. A sender that goes too fast waits.
 * @param socket path of the socket; its directory's path may have any length
 * @throws errors of the file system; `received` rejects with those of writing
 */
export async function receiveFile(socket: string, path: string): Promise<FileReceiver> {
  await using directory = await open(dirname(socket), 'r');
  const file = await open(path, 'wx', 0o600);
  const server = createServer({ pauseOnConnect: false });
  const received = new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.once('connection', (connection) => {
      server.close();
      writeAll(connection, file).then(resolve, (error: unknown) => {
        connection.destroy();
        reject(error);
      });
    });
  });
  // Whoever waits hears of it; until then it is nobody's.
  received.catch(() => undefined);
  try {
    await listen(server, `/proc/self/fd/${directory.fd}/${basename(socket)}`);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    received: () => received,
    async [Symbol.asyncDispose]() {
      server.close();
      await file.close();
      await rm(socket, { force: true });
    },
  };
}

async function writeAll(connection: Socket, file: FileHandle): Promise<number> {
  let size = 0;
  for await (const chunk of connection as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
    size += chunk.length;
  }
  await file.sync();
  return size;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
