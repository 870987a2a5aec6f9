import { createServer } from 'node:http';
import { join } from 'node:path';
import { temporaryDirectory } from '../git-repository.ts';
import type { ApiRequest } from './api-description.ts';

/** A server on a unix socket that does nothing but take note of what it is asked. */
export interface RequestRecorder extends AsyncDisposable {
  socket: string;
  requests: ApiRequest[];
}

/** @param answer of every GET */
export async function recordRequests(answer: object): Promise<RequestRecorder> {
  const directory = await temporaryDirectory();
  const requests: ApiRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url: path = '' } = request;
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    request.on('end', () => {
      requests.push({ method, path, ...(text !== '' && { body: JSON.parse(text) as unknown }) });
      if (method === 'GET') response.end(JSON.stringify(answer));
      else response.writeHead(204).end();
    });
  });
  const socket = join(directory.path, 'api.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await directory[Symbol.asyncDispose]();
    },
  };
}
