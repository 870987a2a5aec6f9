import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DewarError } from '../../../core/errors.ts';
import { connectGuestAgent } from '../../machine/protocol/guest-agent.ts';
import { isRefusal } from '../../machine/protocol/command-channel.ts';
import { connectQmp } from './qmp-client.ts';
import type { QmpEvent } from './qmp-client.ts';

const GREETING = '{"QMP":{"version":{"qemu":{"major":10}},"capabilities":[]}}';

let directory = '';
let path = '';
let server: Server | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-qmp-'));
  path = join(directory, 'qmp.sock');
});
afterEach(async () => {
  server?.close();
  await rm(directory, { recursive: true });
});

/** A peer that answers each line as the test says. */
async function peer(
  onLine: (command: { execute: string; id: number; arguments?: unknown }, socket: Socket) => void,
  first = GREETING,
): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (first !== '') socket.write(`${first}\n`);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const start = line.indexOf('{');
        if (start === -1) continue;
        const command = JSON.parse(line.slice(start)) as { execute: string; id: number };
        if (command.execute === 'qmp_capabilities') socket.write(`{"return":{},"id":${command.id}}\n`);
        else onLine(command, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
}

const OPTIONS = { peer: 'QEMU', deadlineMs: 5_000 };

describe('QMP', () => {
  test('matches answers with their commands, and hands on events', async () => {
    const kept: number[] = [];
    await peer(({ id }, socket) => {
      kept.push(id);
      if (kept.length < 2) return;
      socket.write('{"event":"STOP","data":{"x":1}}\n');
      socket.write(`{"return":"second","id":${kept[1]}}\n{"return":"first","id":${kept[0]}}\n`);
    });
    const events: QmpEvent[] = [];
    using qmp = await connectQmp(path, { ...OPTIONS, onEvent: (event) => events.push(event) });
    const stopped = qmp.waitFor(({ event }) => event === 'STOP', 'a stop');
    expect(await Promise.all([qmp.execute('a'), qmp.execute('b')])).toEqual(['first', 'second']);
    expect(await stopped).toEqual({ event: 'STOP', data: { x: 1 } });
    expect(events).toHaveLength(1);
  });

  test('ends all waiting, for a greeting and for an event too, when the peer hangs up', async () => {
    await peer((_, socket) => socket.destroy());
    using qmp = await connectQmp(path, OPTIONS);
    const event = qmp.waitFor(() => true, 'something');
    await expect(qmp.execute('x')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(event).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    server?.close();
    await rm(path, { force: true });
    await new Promise<void>((resolve) => {
      server = createServer((socket) => socket.destroy());
      server.listen(path, resolve);
    });
    await expect(connectQmp(path, OPTIONS)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('waits for a peer that does not listen yet, whatever the length of its path', async () => {
    const nested = join(directory, 'a'.repeat(120));
    const { mkdir, rename } = await import('node:fs/promises');
    await mkdir(nested);
    const connecting = connectQmp(join(nested, 'qmp.sock'), OPTIONS);
    await peer(({ id }, socket) => socket.write(`{"return":7,"id":${id}}\n`));
    await rename(path, join(nested, 'qmp.sock'));
    using qmp = await connecting;
    expect(await qmp.execute('x')).toBe(7);
  });

  test('says what was refused, and why', async () => {
    await peer(({ id }, socket) =>
      socket.write(`{"error":{"class":"CommandNotFound","desc":"no x"},"id":${id}}\n`),
    );
    using qmp = await connectQmp(path, OPTIONS);
    const error: unknown = await qmp.execute('x').catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'COMMAND_REFUSED', message: 'QEMU refused x: no x' });
    expect(isRefusal(error) && error.cause.kind).toBe('CommandNotFound');
  });

  test('does not wait for ever: no listener, no greeting, no answer, no event', async () => {
    const late = { code: 'NO_ANSWER' };
    await expect(connectQmp(path, { ...OPTIONS, deadlineMs: 50 })).rejects.toMatchObject(late);
    await peer(() => undefined, '');
    await expect(connectQmp(path, { ...OPTIONS, deadlineMs: 50 })).rejects.toMatchObject(late);
    server?.close();
    await rm(path, { force: true });
    await peer(() => undefined);
    using qmp = await connectQmp(path, OPTIONS);
    await expect(qmp.execute('x', {}, { deadlineMs: 50 })).rejects.toMatchObject(late);
    await expect(qmp.waitFor(() => true, 'an event', { deadlineMs: 50 })).rejects.toMatchObject(late);
    const abort = new AbortController();
    const asked = qmp.execute('x', {}, { signal: abort.signal });
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test.each([
    ['a line without an end', 'x'.repeat(17 << 20)],
    ['the end of the connection', undefined],
  ])('is over after %s', async (_what, bytes) => {
    await peer((_command, socket) => (bytes === undefined ? socket.destroy() : socket.write(bytes)));
    using qmp = await connectQmp(path, OPTIONS);
    await expect(qmp.execute('x')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(qmp.execute('y')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('ignores what is no message', async () => {
    await peer(({ id }, socket) =>
      socket.write(
        `\n[]\nnull\n{"id":"1"}\n{"id":${id + 9},"return":1}\n{"event":3}\n{"return":2,"id":${id}}\n`,
      ),
    );
    using qmp = await connectQmp(path, OPTIONS);
    expect(await qmp.execute('x')).toBe(2);
  });

  test('says why the peer is gone where that is known', async () => {
    const gone = new DewarError({ code: 'MACHINE_ENDED', message: 'gone', mend: 'none' });
    await expect(connectQmp(path, { ...OPTIONS, whyGone: () => gone })).rejects.toBe(gone);
  });
});

describe('the guest agent', () => {
  test('is asked until it listens, and then forgets what it was told before', async () => {
    let asked = 0;
    await peer(({ execute, id, arguments: args }, socket) => {
      if (execute === 'guest-sync-delimited' && asked++ > 0) {
        const answer = JSON.stringify({ return: (args as { id: number }).id, id });
        socket.write(Buffer.concat([Buffer.of(0xff), Buffer.from(`${answer}\n`)]));
      }
      if (execute === 'guest-get-time') socket.write(`{"return":1700000000000000000,"id":${id}}\n`);
    }, '');
    using agent = await connectGuestAgent(path, OPTIONS);
    await agent.synchronize({ deadlineMs: 20_000 });
    expect(asked).toBe(2);
    expect(await agent.time()).toBe(1_700_000_000_000_000_000n);
  });

  test('that says nothing, or nonsense, is an error', async () => {
    await peer(({ execute, id }, socket) => {
      if (execute === 'guest-get-time') socket.write(`{"return":"soon","id":${id}}\n`);
    }, '');
    using agent = await connectGuestAgent(path, OPTIONS);
    await expect(agent.time()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    await expect(agent.synchronize({ deadlineMs: 50 })).rejects.toMatchObject({ code: 'GUEST_SILENT' });
    await expect(agent.run('/bin/true', [], { deadlineMs: 50 })).rejects.toMatchObject({ code: 'NO_ANSWER' });
  });
});
