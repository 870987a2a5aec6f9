import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allowDomains } from '../../src/network/allow-domains.ts';
import { closeNetwork } from '../../src/network/close-network.ts';
import { readNetworkRecord } from '../../src/network/network-record.ts';
import { openNetwork } from '../../src/network/open-network.ts';
import { parseQueryLog } from '../../src/network/parse-query-log.ts';
import { readCounters } from '../../src/network/read-counters.ts';
import { processesWithVariable } from '../../src/platform/processes-with-variable.ts';
import { FILTERED, INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { Guest, NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';

const why = await whyNoLab();

async function connect(guest: Guest, host: string, port = 80, ms = 800): Promise<string> {
  return (await guest.agent.ask<{ how: string }>('connect', { host, port, ms })).how;
}

async function resolve(guest: Guest, name: string): Promise<string[]> {
  const { host: server } = guest.network;
  return (await guest.agent.ask<{ addresses?: string[] }>('dns', { server, name })).addresses ?? [];
}

async function reach(guest: Guest, name: string): Promise<unknown> {
  return await guest.agent.ask('reach', { server: guest.network.host, name });
}

/** @returns whether it came to be, within ten seconds */
async function becomes(what: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + 10_000; performance.now() < end; await sleep(50))
    if (await what()) return true;
  return false;
}

const ON = { status: 200 };
const CLOSED = 'ECONNREFUSED';

describe.skipIf(why !== undefined)(`the life of a network (skipped: ${why ?? 'never'})`, () => {
  let lab: NetworkLab;
  let before: string;
  beforeAll(async () => {
    lab = await networkLab();
    before = await lab.state();
  });
  afterAll(async () => await lab[Symbol.asyncDispose]());

  /** What is left of networks, and what of the host is not as before. */
  async function left(): Promise<string[]> {
    const lines = new Set(before.split('\n'));
    const changed = (await lab.state()).split('\n').filter((line) => !lines.delete(line));
    return [...(await lab.leftovers()), ...changed, ...[...lines].map((line) => `gone: ${line}`)];
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)('nothing is left when QEMU ends by %s', async (signal) => {
    const guest = await lab.guest(5);
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    expect(await lab.state()).not.toBe(before);
    await guest.end(signal);
    expect(await left()).toEqual([]);
  });

  test('nothing is left when dewar ends before there is a QEMU', async () => {
    const log = join(lab.directory, 'log');
    const opened = await openNetwork({ slot: 6, policy: FILTERED, machine: 'm', log }, lab.access);
    await opened.letGo();
    expect(await becomes(async () => (await lab.leftovers()).length === 0)).toBe(true);
    expect(await left()).toEqual([]);
  });

  test('an address closes again, and opens again when its name is asked for', async () => {
    await using guest = await lab.guest(7, {}, { timeouts: { resolved: 2, used: 1 } });
    expect(await connect(guest, INTERNET.allowed)).toBe(CLOSED);
    expect(await resolve(guest, 'allowed.example')).toEqual([INTERNET.allowed]);
    expect(await connect(guest, INTERNET.allowed)).toBe('connected');
    expect(await becomes(async () => (await connect(guest, INTERNET.allowed)) === CLOSED)).toBe(true);
    await sleep(1500);
    expect(await connect(guest, INTERNET.allowed)).toBe(CLOSED);
    expect(await resolve(guest, 'allowed.example')).toEqual([INTERNET.allowed]);
    expect(await connect(guest, INTERNET.allowed)).toBe('connected');
  });

  test('what is begun goes on when its address has closed', async () => {
    await using guest = await lab.guest(7, {}, { timeouts: { resolved: 1, used: 1 } });
    await resolve(guest, 'allowed.example');
    const got = guest.agent.ask('get', { host: INTERNET.allowed, path: '/slowly/6' });
    expect(await becomes(async () => (await connect(guest, INTERNET.allowed)) === CLOSED)).toBe(true);
    expect(await got).toEqual({ status: 200, bytes: 6 });
  });

  test('names by way of others are those of the domain', async () => {
    await using guest = await lab.guest(8);
    expect(await reach(guest, 'alias.allowed.example')).toMatchObject(ON);
    expect(await resolve(guest, 'target.elsewhere.example')).toEqual([]);
  });

  test('when the resolver is killed, nothing opens, and another one comes', async () => {
    await using guest = await lab.guest(9);
    const pidFile = join(lab.access.root, '09', 'dnsmasq.pid');
    const pid = Number(await readFile(pidFile, 'utf8'));
    process.kill(pid, 'SIGKILL');
    expect(await connect(guest, INTERNET.denied)).toBe(CLOSED);
    expect(await becomes(async () => (await resolve(guest, 'allowed.example')).length > 0)).toBe(true);
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    expect(await resolve(guest, 'denied.example')).toEqual([]);
    expect(Number(await readFile(pidFile, 'utf8'))).not.toBe(pid);
  });

  test('when all that keeps a network is killed, its rules stay; whoever comes next removes them', async () => {
    const guest = await lab.guest(10);
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    const setting = `DEWAR_NETWORK=${lab.access.root}/10`;
    for (const pid of await processesWithVariable(setting)) process.kill(pid, 'SIGKILL');
    expect(await becomes(async () => (await processesWithVariable(setting)).length === 0)).toBe(true);
    expect(await connect(guest, INTERNET.denied)).toBe(CLOSED);
    expect(await connect(guest, INTERNET.allowed)).toBe('connected');
    expect(await resolve(guest, 'allowed.example')).toEqual([]);
    // Its machine is alive: it is nobody else's.
    const log = join(lab.directory, 'log');
    const another = { slot: 10, policy: FILTERED, machine: 'another', log };
    await expect(openNetwork(another, lab.access)).rejects.toMatchObject({ code: 'NETWORK_TAKEN' });
    await guest.end();
    expect(await left()).toEqual([]);
  });

  test('a slot whose keeper and machine were killed can be had again', async () => {
    const guest = await lab.guest(11);
    for (const pid of await processesWithVariable(`DEWAR_NETWORK=${lab.access.root}/11`))
      process.kill(pid, 'SIGKILL');
    process.kill(guest.pid, 'SIGKILL');
    const link = ['-o', 'link', 'show', 'dev', 'dewar-11'];
    expect(await becomes(async () => (await lab.inHost('ip', ...link)).includes('NO-CARRIER'))).toBe(true);
    const log = join(lab.directory, 'log');
    const opened = await openNetwork({ slot: 11, policy: FILTERED, machine: 'next', log }, lab.access);
    await guest.end();
    expect(await lab.inHost('nft', 'list', 'table', 'inet', 'dewar-11')).toContain('chain from-guest');
    await opened.letGo();
    await closeNetwork({ slot: 11, machine: 'next' }, () => Promise.resolve(lab.access), lab.access);
    expect(await left()).toEqual([]);
  });

  test('a network that another machine has is not taken, and stays', async () => {
    await using guest = await lab.guest(12);
    const log = join(lab.directory, 'log');
    await expect(
      openNetwork({ slot: 12, policy: FILTERED, machine: 'another', log }, lab.access),
    ).rejects.toMatchObject({ code: 'NETWORK_TAKEN' });
    await closeNetwork({ slot: 12, machine: 'another' }, () => Promise.resolve(lab.access), lab.access);
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
  });

  test.each([
    ['', false],
    [', also when nobody heard it', true],
  ])("when somebody flushes all rules, the guest's come back%s", async (_, isDeaf) => {
    await using guest = await lab.guest(13);
    if (isDeaf)
      for (const pid of await processesWithVariable(`DEWAR_NETWORK=${lab.access.root}/13`))
        // Programs of the keeper come and go.
        if ((await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).startsWith('nft\0monitor'))
          process.kill(pid, 'SIGKILL');
    await lab.inHost('nft', 'flush', 'ruleset');
    const isThere = (): Promise<boolean> =>
      lab.inHost('nft', 'list', 'table', 'inet', 'dewar-13').then(
        () => true,
        () => false,
      );
    expect(await becomes(isThere)).toBe(true);
    expect(await becomes(async () => (await resolve(guest, 'allowed.example')).length > 0)).toBe(true);
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    expect(await connect(guest, INTERNET.denied)).toBe(CLOSED);
    expect(await connect(guest, guest.network.host, 22)).toBe(CLOSED);
  });

  test("chains of others that drop, such as Docker's, let the guest's traffic through, and are as before", async () => {
    const others = `table ip filter {
  chain FORWARD { type filter hook forward priority filter; policy drop; iifname "docker0" accept; }
  chain INPUT { type filter hook input priority filter; policy drop; ct state established,related accept; }
}`;
    await lab.inHost('nft', others);
    try {
      const was = await lab.inHost('nft', 'list', 'table', 'ip', 'filter');
      const guest = await lab.guest(14);
      expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
      expect(await connect(guest, INTERNET.denied)).toBe(CLOSED);
      expect(await connect(guest, guest.network.host, 22)).toBe(CLOSED);
      await guest.end();
      expect(await lab.inHost('nft', 'list', 'table', 'ip', 'filter')).toBe(was);
    } finally {
      await lab.inHost('nft', 'delete', 'table', 'ip', 'filter');
    }
  });

  test('what was forwarded before goes on, and what somebody turns on meanwhile stays on', async () => {
    const guest = await lab.guest(15);
    await lab.inHost('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward');
    try {
      await guest.end();
      const setting = '/proc/sys/net/ipv4/conf/eth0/forwarding';
      expect((await lab.inHost('cat', setting)).trim()).toBe('1');
      await using another = await lab.guest(15);
      expect(await reach(another, 'allowed.example')).toMatchObject(ON);
      expect(await lab.internet.ask('connect', { host: INTERNET.lan, port: 80 })).toMatchObject({
        how: 'connected',
      });
    } finally {
      await lab.inHost('sh', '-c', 'echo 0 >/proc/sys/net/ipv4/ip_forward');
    }
    expect(await left()).toEqual([]);
  });

  test('another range is taken where the first one is a route of the host', async () => {
    await lab.inHost('ip', 'route', 'add', '198.18.0.0/15', 'via', INTERNET.lan);
    try {
      await using guest = await lab.guest(16);
      expect(guest.network.guest).toBe('10.213.77.66');
      expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    } finally {
      await lab.inHost('ip', 'route', 'delete', '198.18.0.0/15');
    }
  });

  test('another resolver of this host, on all its addresses, is in no way', async () => {
    for (const kind of ['udp', 'tcp']) await lab.host.ask('listen', { kind, port: 53, name: `dns ${kind}` });
    await using guest = await lab.guest(21);
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    const { host: server } = guest.network;
    const asked = { server, name: 'allowed.example', tcp: true };
    expect(await guest.agent.ask('dns', asked)).toMatchObject({ addresses: [INTERNET.allowed] });
    const hits = await lab.host.ask('hits');
    expect(Object.keys(hits).filter((name) => name.startsWith('dns'))).toEqual([]);
  });

  test('open: all of the internet, and nothing beside', async () => {
    await using guest = await lab.guest(17, { mode: 'open', domains: [] });
    expect(await reach(guest, 'denied.example')).toMatchObject(ON);
    expect(await connect(guest, INTERNET.dns, 22)).toBe('connected');
    expect(await guest.agent.ask('udp', { host: INTERNET.allowed, port: 123 })).toEqual({ how: 'answered' });
    expect(await guest.pings(INTERNET.allowed)).toBe(true);
    expect(await resolve(guest, 'private.allowed.example')).toEqual([]);
    for (const host of [INTERNET.lan, INTERNET.metadata, INTERNET.host, INTERNET.lanHost, guest.network.host])
      expect(await connect(guest, host)).toBe(CLOSED);
  });

  test('more may be allowed while it runs, and all is counted', async () => {
    await using guest = await lab.guest(19);
    expect(await resolve(guest, 'second.example')).toEqual([]);
    expect(await connect(guest, INTERNET.other)).toBe(CLOSED);
    const record = await readNetworkRecord(lab.access.root, 19);
    if (record === undefined) throw new Error('no record');
    const next = await allowDomains(record, ['second.example'], lab.access);
    expect(next.policy.domains).toEqual(['allowed.example', 'second.example']);
    expect(await readNetworkRecord(lab.access.root, 19)).toEqual(next);
    expect(await becomes(async () => (await resolve(guest, 'second.example')).length > 0)).toBe(true);
    expect(await connect(guest, INTERNET.other)).toBe('connected');
    expect(await reach(guest, 'allowed.example')).toMatchObject(ON);
    expect(await resolve(guest, 'denied.example')).toEqual([]);

    const { targets, resolved } = await readCounters(record.network, lab.access);
    expect(resolved.toSorted()).toEqual([INTERNET.allowed, INTERNET.other]);
    expect(targets).toEqual(
      expect.arrayContaining([
        { address: INTERNET.other, protocol: 'tcp', port: 80, verdict: 'denied', count: 1 },
        { address: INTERNET.other, protocol: 'tcp', port: 80, verdict: 'allowed', count: 1 },
        { address: INTERNET.allowed, protocol: 'tcp', port: 80, verdict: 'allowed', count: 1 },
      ]),
    );
    const log = parseQueryLog(await readFile(join(lab.access.root, '19', 'log'), 'utf8'));
    const verdicts = Object.fromEntries(log.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toEqual({
      'allowed.example': 'allowed',
      'denied.example': 'denied',
      'second.example': 'allowed',
    });
  });

  test('the resolver asks the servers that this host has now', async () => {
    await using guest = await lab.guest(20);
    await lab.internet.ask('serveDns', {
      host: INTERNET.other,
      zone: { 'allowed.example': [INTERNET.other] },
    });
    await sleep(1100);
    await writeFile(lab.access.resolvFile, `nameserver ${INTERNET.other}\n`);
    try {
      expect(
        await becomes(async () => (await resolve(guest, 'allowed.example')).includes(INTERNET.other)),
      ).toBe(true);
    } finally {
      await writeFile(lab.access.resolvFile, `nameserver ${INTERNET.router}\n`);
    }
  });

  test('a private range that is listed, at the ports alone', async () => {
    await using guest = await lab.guest(18, { ranges: ['192.168.50.0/28'], ports: [80] });
    expect(await connect(guest, INTERNET.lan)).toBe('connected');
    expect(await connect(guest, INTERNET.lan, 22)).toBe(CLOSED);
    expect(await connect(guest, INTERNET.lanHost, 8080)).toBe(CLOSED);
    expect(await reach(guest, 'private.allowed.example')).toMatchObject(ON);
    expect(await connect(guest, INTERNET.metadata)).toBe(CLOSED);
  });
});
