import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCloudHypervisorApi } from './cloud-hypervisor-api.ts';
import type { CloudHypervisorApi } from './cloud-hypervisor-api.ts';

/** @returns a client of a server that answers everything alike, and what it was asked */
async function api(status: number, answer: string): Promise<{ client: CloudHypervisorApi; asked: string[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-ch-'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${body}`.trimEnd());
      response.writeHead(status).end(answer);
    });
  });
  const socket = join(directory, 'api.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const client = await connectCloudHypervisorApi(socket, { peer: 'Cloud Hypervisor', deadlineMs: 5_000 });
  onTestFinished(async () => {
    client[Symbol.dispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  });
  return { client, asked };
}

test('the calls are those of its description', async () => {
  const { client, asked } = await api(204, '');
  await client.pause();
  await client.snapshot('/m/saved');
  await client.restore('/m/restore');
  await client.removeDevice('disk-a');
  await client.shutdown();
  expect(asked).toEqual([
    'PUT /api/v1/vm.pause',
    'PUT /api/v1/vm.snapshot {"destination_url":"file:///m/saved"}',
    'PUT /api/v1/vm.restore {"source_url":"file:///m/restore","resume":false}',
    'PUT /api/v1/vm.remove-device {"id":"disk-a"}',
    'PUT /api/v1/vmm.shutdown',
  ]);
});

test('the state of a machine, and the devices that its guest has', async () => {
  const info = { config: {}, state: 'Running', device_tree: { root: { id: 'root' }, __rng: {} } };
  const { client } = await api(200, JSON.stringify(info));
  expect(await client.info()).toEqual({ state: 'Running', devices: ['root', '__rng'] });
});

test('what went wrong, and why, is one sentence', async () => {
  const { client } = await api(500, '["Error from API","The VM could not boot","Cannot open kernel file"]');
  await expect(client.boot()).rejects.toMatchObject({
    code: 'COMMAND_REFUSED',
    message:
      'Cloud Hypervisor refused PUT /api/v1/vm.boot: Error from API: The VM could not boot: Cannot open kernel file',
  });
});

test('an answer that is none is refused', async () => {
  const { client } = await api(200, '{"state":7}');
  await expect(client.info()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
});
