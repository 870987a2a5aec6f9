import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { DewarEvent } from '../core/events.ts';
import type { DriverCapabilities } from '../vmm/driver.ts';
import { assertDriverFits } from './assert-driver-fits.ts';

const ALL: DriverCapabilities = {
  snapshot: true,
  lazyRestore: true,
  hotplugDisk: true,
  hotplugShare: true,
  network: 'user',
  rootless: true,
};
const SHARE = { type: 'share', source: '/a', target: '/b', readonly: false, optional: false, origin: 'user' };
const RESOURCES = { vcpus: 2, memoryMB: 512, diskGB: 8 };
const MOUNTS = { mounts: [SHARE] as ResolvedConfig['mounts'], resources: RESOURCES };

async function fit(
  change: Partial<DriverCapabilities>,
  config: Pick<ResolvedConfig, 'mounts' | 'resources'>,
  env: Record<string, string> = {},
): Promise<DewarEvent[]> {
  const said: DewarEvent[] = [];
  const driver = { name: 'it', capabilities: { ...ALL, ...change } };
  await assertDriverFits(driver, config, { env, emit: (event) => said.push(event), signal: undefined });
  return said;
}

test('a driver that can do all is fine, and so is one that cannot do what nobody wants', async () => {
  expect(await fit({}, MOUNTS)).toEqual([]);
  expect(await fit({ hotplugShare: false }, { ...MOUNTS, mounts: [] })).toEqual([]);
  expect(await fit({ mostCpus: 2 }, MOUNTS)).toEqual([]);
});

test('one whose machines need a TAP is refused where there can be none', async () => {
  await expect(fit({ network: 'tap' }, MOUNTS, { DEWAR_TAP: 'no' })).rejects.toMatchObject({
    code: 'TAP_UNAVAILABLE',
    message: 'machines of it are reached by a TAP, and none can be made here: DEWAR_TAP is no',
  });
});

test('one without virtiofs says how directories are shared instead, if they can be', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-fit-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const server = process.execPath;
  expect(await fit({ hotplugShare: false }, MOUNTS, { DEWAR_SFTP_SERVER: server })).toEqual([
    { type: 'note', message: expect.stringMatching(/^machines of it have no virtiofs: .* by ssh/) },
  ]);
  const nowhere = join(directory, 'none');
  await expect(fit({ hotplugShare: false }, MOUNTS, { DEWAR_SFTP_SERVER: nowhere })).rejects.toMatchObject({
    code: 'SFTP_SERVER_MISSING',
  });
});

test('one that gives fewer CPUs to a machine says so', async () => {
  expect(await fit({ mostCpus: 1 }, MOUNTS)).toEqual([
    { type: 'note', message: 'machines of it have at most 1 CPUs: this one gets them, and not 2' },
  ]);
});
