import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { execa } from 'execa';
import { agentIn } from '../support/network-lab/agent-in-namespace.ts';
import type { NetworkAgent } from '../support/network-lab/agent-in-namespace.ts';
import { CABLE, INTERNET, networkLab } from '../support/network-lab/network-lab.ts';
import type { NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';

const why = await whyNoLab();
const MEBIBYTES = 128;
const ROUNDS = 25;

/** In turn, so that what else this host does is in both. A ratio is printed, and none is asked for. */
test.skipIf(why !== undefined)(
  `throughput through a filtered network, against a TAP without rules (skipped: ${why ?? 'never'})`,
  async () => {
    await using lab = await networkLab();
    await using guest = await lab.guest(0);
    await guest.agent.ask('reach', { server: guest.network.host, name: 'allowed.example' });
    await using plain = await plainGuest(lab, `${guest.namespace}-plain`);
    const rates: Record<'filtered' | 'plain', number[]> = { filtered: [], plain: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      rates.filtered.push(await rateOf(guest.agent));
      rates.plain.push(await rateOf(plain.agent));
    }
    const [filtered, unfiltered] = [median(rates.filtered.slice(1)), median(rates.plain.slice(1))];
    process.stdout.write(
      `filtered ${filtered.toFixed(0)} MiB/s, plain ${unfiltered.toFixed(0)} MiB/s, ratio ${(filtered / unfiltered).toFixed(3)}\n`,
    );
    expect(rates.plain).toHaveLength(ROUNDS + 1);
  },
);

/** @returns MiB/s */
async function rateOf(agent: NetworkAgent): Promise<number> {
  const start = performance.now();
  const path = `/bytes/${MEBIBYTES * 2 ** 20}`;
  expect(await agent.ask('get', { host: INTERNET.allowed, path, ms: 120_000 })).toEqual({
    status: 200,
    bytes: MEBIBYTES * 2 ** 20,
  });
  return MEBIBYTES / ((performance.now() - start) / 1000);
}

/** A guest on a TAP with forwarding and masquerading, and no other rule. */
async function plainGuest(
  lab: NetworkLab,
  namespace: string,
): Promise<AsyncDisposable & { agent: NetworkAgent }> {
  await lab.inHost('ip', 'tuntap', 'add', 'plain', 'mode', 'tap');
  await lab.inHost('ip', 'address', 'add', '198.19.0.1/30', 'dev', 'plain');
  await lab.inHost('ip', 'link', 'set', 'plain', 'up');
  await lab.inHost('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/conf/plain/forwarding');
  const rules = 'type nat hook postrouting priority srcnat;\n ip saddr 198.19.0.2 masquerade\n';
  await lab.inHost('nft', `table ip plain {\n chain nat {\n ${rules} }\n}\n`);
  await execa('ip', ['netns', 'add', namespace]);
  const [program = '', ...words] = lab.onHost;
  const args = [...words, 'perl', CABLE, 'plain', `/run/netns/${namespace}`, 'eth0'];
  const cable = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(cable.stdout, 'data');
  for (const setting of [
    ['link', 'set', 'eth0', 'up'],
    ['address', 'add', '198.19.0.2/30', 'dev', 'eth0'],
    ['route', 'add', 'default', 'via', '198.19.0.1'],
  ])
    await execa('ip', ['-netns', namespace, ...setting]);
  const agent = agentIn(namespace);
  return {
    agent,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      cable.kill('SIGKILL');
      await execa('ip', ['netns', 'delete', namespace]);
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
