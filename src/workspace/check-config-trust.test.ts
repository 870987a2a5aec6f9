import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkConfigTrust, digestCode } from './check-config-trust.ts';
import { writeJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { statePaths } from './state-paths.ts';

let workspace = '';
let file = '';

beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'dewar-trust-')));
  file = join(workspace, 'dewar.config.js');
  await writeFile(file, 'export default {};\n');
  onTestFinished(() => rm(workspace, { recursive: true }));
});

test('a config is run while no machine was started with another one', async () => {
  await checkConfigTrust(file, {});
  await start({});
  await checkConfigTrust(file, {});
  await writeFile(join(workspace, 'other.js'), 'anything');
  await expect(checkConfigTrust(file, {})).resolves.toBeUndefined();
});

test('one that was replaced while a machine may write it is not run, unless its user says that it is his', async () => {
  await start({});
  await writeFile(file, 'export default { name: "another" };\n');
  await expect(checkConfigTrust(file, {})).rejects.toMatchObject({ code: 'CONFIG_CHANGED' });
  await expect(checkConfigTrust(file, { DEWAR_TRUST_CONFIG: 'yes' })).resolves.toBeUndefined();
});

test('nor one that is gone, nor while a fork may write it', async () => {
  await start({}, 'review');
  await rm(file);
  await expect(checkConfigTrust(file, {})).rejects.toMatchObject({ code: 'CONFIG_CHANGED' });
});

test.each<[string, Partial<Journal>]>([
  ['the machine is down', { state: 'down' }],
  ['the machine has it read-only', { mounts: [mountOf('/', true)] }],
  ['the machine does not have it', { mounts: [mountOf('/somewhere', false)] }],
])('one that was replaced is run when %s', async (_, change) => {
  await start(change);
  await writeFile(file, 'export default { name: "another" };\n');
  await expect(checkConfigTrust(file, {})).resolves.toBeUndefined();
});

async function start(change: Partial<Journal>, fork?: string): Promise<void> {
  const { directory, journal } = statePaths(workspace, fork);
  await mkdir(directory, { recursive: true });
  await writeJournal(journal, {
    format: 1,
    state: 'up',
    mounts: [mountOf(workspace, false)],
    machine: {
      id: 'x',
      driver: 'qemu',
      slot: 0,
      since: 0,
      newDisk: false,
      how: 'booted',
      vcpus: 1,
      memoryMB: 512,
      network: 'off',
      image: 'image',
      machineDigest: '',
      code: await digestCode([file]),
      failedScripts: [],
    },
    ...change,
  });
}

function mountOf(source: string, readonly: boolean): Journal['mounts'][number] {
  return { id: 'share0', kind: 'virtiofs', source, target: '~/workspace', readonly };
}
