import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNetworkRecord } from '../../src/network/network-record.ts';
import { listSlots } from '../../src/network/slots.ts';
import { tapSource } from '../../src/network/tap-source.ts';
import { networkLab } from '../support/network-lab/network-lab.ts';
import type { NetworkLab } from '../support/network-lab/network-lab.ts';
import { whyNoLab } from '../support/network-lab/why-no-lab.ts';

const CONTEXT = { emit: () => undefined };
const why = await whyNoLab();

test('where no TAP can be made, that is an error before anything is taken', async () => {
  const open = tapSource('firecracker', { PATH: '', DEWAR_TAP: 'no' });
  await expect(open('off', CONTEXT)).rejects.toMatchObject({
    code: 'TAP_UNAVAILABLE',
    message: 'machines of firecracker are reached by a TAP, and none can be made here: DEWAR_TAP is no',
    mend: expect.stringContaining('qemu'),
  });
});

describe.skipIf(why !== undefined)(`TAPs for machines of snapshots (skipped: ${why ?? 'never'})`, () => {
  let lab: NetworkLab;
  let env: Record<string, string>;
  let before = '';
  beforeAll(async () => {
    lab = await networkLab();
    const runtime = join(lab.directory, 'of-slots');
    await mkdir(runtime, { mode: 0o700 });
    env = { ...lab.access.env, XDG_RUNTIME_DIR: runtime, DEWAR_NETWORKS: lab.access.root };
    before = await lab.state();
  });
  afterAll(async () => await lab[Symbol.asyncDispose]());

  test('each has its own, with its policy in force, and goes with all that it had', async () => {
    const open = tapSource('firecracker', env, () => Promise.resolve(lab.access));
    const [off, reaches] = [await open('off', CONTEXT), await open('open', CONTEXT)];
    expect([off.network, reaches.network]).toMatchObject([
      { tap: 'dewar-00', prefix: 30, mac: '02:64:77:61:72:00' },
      { tap: 'dewar-01', prefix: 30, mac: '02:64:77:61:72:01' },
    ]);
    expect(off.network.guest).not.toBe(reaches.network.guest);
    expect(await lab.state()).not.toBe(before);
    const policies = [0, 1].map(async (slot) => (await readNetworkRecord(lab.access.root, slot))?.policy);
    expect(await Promise.all(policies)).toEqual([
      { mode: 'filtered', domains: [], ports: [], ranges: [] },
      { mode: 'open', domains: [], ports: [], ranges: [] },
    ]);
    const held = await listSlots(env);
    expect(held.map(({ number, driver, held: isHeld }) => [number, driver, isHeld])).toEqual([
      [0, 'firecracker', true],
      [1, 'firecracker', true],
    ]);

    await off[Symbol.asyncDispose]();
    expect((await listSlots(env)).map(({ number }) => number)).toEqual([1]);
    await reaches[Symbol.asyncDispose]();
    expect(await listSlots(env)).toEqual([]);
    expect(await lab.leftovers()).toEqual([]);
    expect(await readdir(join(env['XDG_RUNTIME_DIR'] ?? '', 'dewar'))).toEqual(['slots']);
  });
});
