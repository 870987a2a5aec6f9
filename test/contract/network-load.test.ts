import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';

const why = await whyNoLab();
const ROUNDS = 25;
const AT_ONCE = 4;

describe.skipIf(why !== undefined)(`many networks, much traffic (skipped: ${why ?? 'never'})`, () => {
  let lab: NetworkLab;
  beforeAll(async () => {
    lab = await networkLab();
  });
  afterAll(async () => await lab[Symbol.asyncDispose]());

  test('200 connections at once, and 1 GiB through: none is lost', async () => {
    await using guest = await lab.guest(0);
    const { agent, network } = guest;
    await agent.ask('reach', { server: network.host, name: 'allowed.example' });
    const many = { host: INTERNET.allowed, port: 80, path: '/bytes/100000', count: 200 };
    expect(await agent.ask('many', many)).toEqual({ done: 200, bytes: 200 * 100_000, failed: [] });
    const path = `/bytes/${2 ** 30}`;
    expect(await agent.ask('get', { host: INTERNET.allowed, path, ms: 120_000 })).toEqual({
      status: 200,
      bytes: 2 ** 30,
    });
  });

  test('200 names at once: each answer comes', async () => {
    await using guest = await lab.guest(0);
    const { agent, network } = guest;
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const name = index % 2 === 0 ? 'www.allowed.example' : `n${index}.denied.example`;
        return agent.ask<{ rcode?: number }>('dns', { server: network.host, name });
      }),
    );
    const codes = all.map(({ rcode }) => rcode);
    expect(codes.filter((code) => code === 0)).toHaveLength(100);
    expect(codes.filter((code) => code === 3)).toHaveLength(100);
  });

  test('eight machines at once, each with a policy of its own', async () => {
    const before = await lab.state();
    const policies = Array.from({ length: 8 }, (_, slot) => ({
      slot,
      domains: slot % 2 === 0 ? ['allowed.example'] : ['second.example'],
      ports: slot % 4 < 2 ? [80] : [443],
    }));
    const guests = await Promise.all(policies.map(({ slot, ...policy }) => lab.guest(slot, policy)));
    const saw = await Promise.all(
      guests.map(async ({ agent, network }) => {
        const { host: server } = network;
        const names = ['allowed.example', 'second.example'];
        const found = await Promise.all(
          names.map((name) => agent.ask<{ rcode?: number }>('dns', { server, name })),
        );
        const open: string[] = [];
        for (const host of [INTERNET.allowed, INTERNET.other])
          for (const port of [80, 443]) {
            const { how } = await agent.ask<{ how: string }>('connect', { host, port });
            if (how === 'connected') open.push(`${host}:${port}`);
          }
        return { codes: found.map(({ rcode }) => rcode), open };
      }),
    );
    expect(saw).toEqual(
      policies.map(({ slot, ports }) => {
        const isFirst = slot % 2 === 0;
        return {
          codes: isFirst ? [0, 3] : [3, 0],
          open: [`${isFirst ? INTERNET.allowed : INTERNET.other}:${ports[0]}`],
        };
      }),
    );
    await Promise.all(guests.map((guest) => guest.end()));
    expect(await lab.leftovers()).toEqual([]);
    expect(await lab.state()).toBe(before);
  });

  test(`${ROUNDS * AT_ONCE} networks come and go, ${AT_ONCE} at a time: nothing is left`, async () => {
    const before = await lab.state();
    for (let round = 0; round < ROUNDS; round++)
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, index) => {
          const guest = await lab.guest((round * AT_ONCE + index) % 10);
          const { agent, network } = guest;
          const got = await agent.ask('reach', { server: network.host, name: 'allowed.example' });
          // Some end while they are used.
          await (index === 0 ? sleep(20) : undefined);
          await guest.end(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
          expect(got).toMatchObject({ status: 200 });
        }),
      );
    expect(await lab.leftovers()).toEqual([]);
    expect(await lab.state()).toBe(before);
  });
});
