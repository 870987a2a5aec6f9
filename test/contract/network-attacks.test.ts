import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { Guest, NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';

const why = await whyNoLab();

interface Attempt {
  guest: Guest;
  other: Guest;
  lab: NetworkLab;
}

const FAILS = ['timeout', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM', 'EADDRNOTAVAIL'];

async function connect({ guest }: Attempt, host: string, port: number): Promise<string> {
  return (await guest.agent.ask<{ how: string }>('connect', { host, port })).how;
}

async function udp({ guest }: Attempt, host: string, port: number): Promise<string> {
  return (await guest.agent.ask<{ how: string }>('udp', { host, port })).how;
}

interface Answer {
  how?: string;
  rcode?: number;
  addresses?: string[];
  ms: number;
}

function dns({ guest }: Attempt, name: string, options: Record<string, unknown> = {}): Promise<Answer> {
  return guest.agent.ask<Answer>('dns', { server: guest.network.host, name, ...options });
}

/** What a hostile guest tries. Each answers how it went, in the words of its program. */
const ATTACKS: [string, (at: Attempt) => Promise<string>][] = [
  ['an address by its number', (at) => connect(at, INTERNET.denied, 80)],
  ['an address by its number, on the port of DNS over TLS', (at) => connect(at, INTERNET.dns, 853)],
  ['DNS over HTTPS', (at) => connect(at, INTERNET.dns, 443)],
  ['another port of an allowed host', (at) => connect(at, INTERNET.allowed, 22)],
  ['another port of an allowed host, beside the usual', (at) => connect(at, INTERNET.allowed, 8443)],
  ['DNS of another server', (at) => udp(at, INTERNET.dns, 53)],
  ['DNS of another server by TCP', (at) => connect(at, INTERNET.dns, 53)],
  ["DNS of the host's own server", (at) => udp(at, INTERNET.router, 53)],
  ['QUIC to an allowed host', (at) => udp(at, INTERNET.allowed, 443)],
  ['UDP to an allowed host', (at) => udp(at, INTERNET.allowed, 123)],
  ['UDP to another host', (at) => udp(at, INTERNET.denied, 123)],
  ['ssh of the host', (at) => connect(at, at.guest.network.host, 22)],
  ['HTTP of the host', (at) => connect(at, at.guest.network.host, 8080)],
  ['UDP of the host', (at) => udp(at, at.guest.network.host, 69)],
  ["ssh of the host, by its internet's address", (at) => connect(at, INTERNET.host, 22)],
  ["HTTP of the host, by its private network's address", (at) => connect(at, INTERNET.lanHost, 8080)],
  ["the end of another machine's network", (at) => connect(at, at.other.network.host, 8080)],
  ["another machine's resolver", (at) => udp(at, at.other.network.host, 53)],
  ['another machine', (at) => connect(at, at.other.network.guest, 80)],
  ['another machine by UDP', (at) => udp(at, at.other.network.guest, 5000)],
  ['the metadata of a cloud', (at) => connect(at, INTERNET.metadata, 80)],
  ['a private network', (at) => connect(at, INTERNET.lan, 80)],
  ['IPv6', (at) => connect(at, '2001:db8::1', 80)],
  ['IPv6 of the link, of the host', (at) => connect(at, 'fe80::1%eth0', 22)],
  ['IPv6 to everybody on the link', (at) => udp(at, 'ff02::1%eth0', 5000)],
];

describe.skipIf(why !== undefined)(`what a guest tries in vain (skipped: ${why ?? 'never'})`, () => {
  let lab: NetworkLab;
  let at: Attempt;
  beforeAll(async () => {
    lab = await networkLab();
    const guest = await lab.guest(0);
    const other = await lab.guest(1, { domains: ['second.example'] });
    await other.agent.ask('listen', { kind: 'http', port: 80 });
    await other.agent.ask('listen', { kind: 'udp', port: 5000 });
    at = { guest, other, lab };
    // As if this host had IPv6 for it.
    const link = await lab.inHost('ip', '-o', 'link', 'show', 'dev', guest.network.name);
    const mac = /link\/ether (\S+)/.exec(link)?.[1] ?? '';
    await guest.ip('-6', 'address', 'add', 'fd00::2/64', 'dev', 'eth0', 'nodad');
    await guest.ip('-6', 'neighbour', 'add', 'fd00::1', 'lladdr', mac, 'dev', 'eth0');
    await guest.ip('-6', 'route', 'add', 'default', 'via', 'fd00::1');
  });
  afterAll(async () => {
    await at.guest.end();
    await at.other.end();
    await lab[Symbol.asyncDispose]();
  });

  async function packetsOf(counter: string): Promise<number> {
    const said = await lab.inHost('nft', 'list', 'counter', 'inet', at.guest.network.name, counter);
    return Number(/packets (\d+)/.exec(said)?.[1]);
  }

  test('what is open is open: else all would be in vain', async () => {
    const { guest, other } = at;
    for (const [{ agent, network }, name] of [
      [guest, 'allowed.example'],
      [other, 'second.example'],
    ] as const)
      expect(await agent.ask('reach', { server: network.host, name })).toMatchObject({ status: 200 });
  });

  test.each(ATTACKS)('%s', async (_, attack) => {
    const before = await lab.internet.ask('hits');
    const host = await lab.host.ask('hits');
    const other = await at.other.agent.ask('hits');
    const start = performance.now();
    expect(FAILS).toContain(await attack(at));
    expect(performance.now() - start).toBeLessThan(2500);
    // Nothing came through, whatever came back.
    expect(await lab.lan.ask('hits')).toEqual({});
    expect(await lab.internet.ask('hits')).toEqual(before);
    expect(await lab.host.ask('hits')).toEqual(host);
    expect(await at.other.agent.ask('hits')).toEqual(other);
  });

  test.each([
    ['that allowed names also have', 'notallowed.example'],
    ['outside', 'denied.example'],
    ['without a domain', 'intranet'],
    ['that carry something', `${'x'.repeat(50)}.${'y'.repeat(50)}.tunnel.denied.example`],
    ['of an address', '1.0.11.45.in-addr.arpa'],
  ])('names %s do not exist, at once, and nobody else is asked', async (_, name) => {
    await lab.internet.ask('asked');
    for (const options of [{}, { type: 'TXT' }, { type: 'ANY' }, { tcp: true }]) {
      const { rcode, addresses, ms } = await dns(at, name, options);
      expect({ rcode, addresses }).toEqual({ rcode: 3, addresses: [] });
      expect(ms).toBeLessThan(500);
    }
    expect(await lab.internet.ask('asked')).toEqual([]);
  });

  test.each([
    ['a private network', 'private.allowed.example', INTERNET.lan],
    ['the guest itself', 'loopback.allowed.example', '127.0.0.1'],
    ['metadata', 'metadata.allowed.example', INTERNET.metadata],
  ])('an allowed name that leads to %s has no address', async (_, name, address) => {
    const { addresses } = await dns(at, name);
    expect(addresses).toEqual([]);
    const set = await lab.inHost('nft', 'list', 'set', 'inet', at.guest.network.name, 'resolved');
    expect(set).not.toContain(address);
    expect(set).toContain(INTERNET.allowed);
  });

  test('an allowed name that leads to the host itself opens nothing of it', async () => {
    const { addresses } = await dns(at, 'self.allowed.example');
    expect(addresses).toEqual([INTERNET.host]);
    expect(await connect(at, INTERNET.host, 80)).toBe('ECONNREFUSED');
    await lab.host.ask('listen', { kind: 'http', port: 443, name: 'web' });
    expect(await connect(at, INTERNET.host, 443)).toBe('ECONNREFUSED');
    expect(await lab.host.ask('hits')).not.toHaveProperty('web');
  });

  test('what another machine resolved is closed for this one', async () => {
    const { guest, other } = at;
    expect(await dns({ ...at, guest: other }, 'second.example')).toMatchObject({
      addresses: [INTERNET.other],
    });
    expect(await connect({ ...at, guest: other }, INTERNET.other, 80)).toBe('connected');
    const set = await lab.inHost('nft', 'list', 'set', 'inet', guest.network.name, 'resolved');
    expect(set).not.toContain(INTERNET.other);
    expect(await connect(at, INTERNET.other, 80)).toBe('ECONNREFUSED');
  });

  test('forged addresses do not leave, nor enter', async () => {
    const forged = '45.11.0.77';
    await at.guest.ip('address', 'add', `${forged}/32`, 'dev', 'eth0');
    await at.guest.ip('address', 'add', `${at.other.network.guest}/32`, 'dev', 'lo');
    const before = await lab.internet.ask('hits');
    for (const localAddress of [forged, at.other.network.guest]) {
      const { how } = await at.guest.agent.ask<{ how: string }>('connect', {
        host: INTERNET.allowed,
        port: 80,
        localAddress,
        ms: 600,
      });
      expect(how).toBe('timeout');
      const asked = await at.guest.agent.ask('udp', {
        host: at.guest.network.host,
        port: 53,
        address: localAddress,
        ms: 300,
      });
      expect(asked).toEqual({ how: 'timeout' });
    }
    expect(await lab.internet.ask('hits')).toEqual(before);
    expect(await packetsOf('forged')).toBeGreaterThan(3);
    await at.guest.ip('address', 'delete', `${forged}/32`, 'dev', 'eth0');
    await at.guest.ip('address', 'delete', `${at.other.network.guest}/32`, 'dev', 'lo');
  });

  test('IPv6 ends at the first rule, where somebody turns it on for the TAP', async () => {
    const setting = `/proc/sys/net/ipv6/conf/${at.guest.network.name}/disable_ipv6`;
    await lab.inHost('sh', '-c', `echo 0 >${setting}`);
    await at.guest.agent.ask('udp', { host: '2001:db8::1', port: 53, ms: 200 });
    expect(await packetsOf('ipv6')).toBeGreaterThan(0);
    await lab.inHost('sh', '-c', `echo 1 >${setting}`);
  });

  test('ICMP does not leave', async () => {
    for (const host of [INTERNET.allowed, INTERNET.denied, at.other.network.guest, at.guest.network.host])
      expect(await at.guest.pings(host)).toBe(false);
  });

  test('the answer to ARP is of the own end alone', async () => {
    await at.guest.ip('route', 'add', `${INTERNET.host}/32`, 'dev', 'eth0');
    expect(await connect(at, INTERNET.host, 22)).toMatch(/timeout|EHOSTUNREACH/);
    await at.guest.ip('route', 'delete', `${INTERNET.host}/32`, 'dev', 'eth0');
  });

  test('nobody outside begins to speak with a guest', async () => {
    const { internet } = lab;
    await at.guest.agent.ask('listen', { kind: 'http', port: 8000 });
    const { guest } = at.guest.network;
    expect(await lab.host.ask('connect', { host: guest, port: 8000 })).toMatchObject({ how: 'connected' });
    const asked = await internet.ask<{ how: string }>('connect', { host: guest, port: 8000, ms: 500 });
    expect(FAILS).toContain(asked.how);
    expect(await at.guest.agent.ask('hits')).toEqual({});
  });

  test('nobody outside goes through the host', async () => {
    const asked = await lab.internet.ask<{ how: string }>('connect', {
      host: INTERNET.lan,
      port: 80,
      ms: 500,
    });
    expect(FAILS).toContain(asked.how);
    // The host itself does.
    expect(await lab.host.ask('get', { host: INTERNET.lan })).toMatchObject({ status: 200 });
  });

  test('nobody outside asks the resolver of a guest', async () => {
    const asked = await lab.internet.ask<Answer>('dns', {
      server: at.guest.network.host,
      name: 'allowed.example',
      ms: 500,
    });
    expect(FAILS).toContain(asked.how);
  });
});
