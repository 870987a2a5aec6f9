import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DriverProbe } from '../vmm/driver.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import { driverForUp, noteDriverOfDisk } from './driver-for-up.ts';
import type { JournalMachine } from './journal.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-driver-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Drivers as given objects. */
function context(probe: DriverProbe = { works: true }): Parameters<typeof driverForUp>[2] {
  const load = (name: string): WorkspaceDriver =>
    ({ name, probe: () => Promise.resolve(probe) }) as Partial<WorkspaceDriver> as WorkspaceDriver;
  return {
    loadDriver: (name) => Promise.resolve(load(name)),
    chooseDriver: () =>
      Promise.resolve({ name: 'best', driver: load('best'), because: 'it is the best', passedOver: [] }),
  };
}

async function machine(
  name: string,
  { disk, written, journal }: { disk: boolean; written?: string; journal?: string },
): Promise<Parameters<typeof driverForUp>[1]> {
  const paths = { disk: join(directory, name), diskDriver: join(directory, `${name}.driver`) };
  if (disk) await writeFile(paths.disk, '');
  if (written !== undefined) await writeFile(paths.diskDriver, `${written}\n`);
  const last = journal === undefined ? undefined : ({ driver: journal } as Partial<JournalMachine>);
  return { paths, journal: { machine: last as JournalMachine | undefined } };
}

test.each([
  ['without a disk, the best', 'auto', { disk: false, written: 'a', journal: 'a' }, 'best'],
  ['without a disk, the one that is named', 'b', { disk: false, written: 'a' }, 'b'],
  ['the one that the disk belongs to', 'auto', { disk: true, written: 'a', journal: 'b' }, 'a'],
  ['where that was not written down, the last one', 'auto', { disk: true, journal: 'b' }, 'b'],
  ['where nothing is known, the only one there was', 'auto', { disk: true }, 'qemu'],
  ['the same one is named', 'a', { disk: true, written: 'a' }, 'a'],
])('%s', async (title, wish, state, expected) => {
  const held = await machine(title, state);
  await expect(driverForUp(wish, held, context())).resolves.toMatchObject({
    name: expected,
    driver: { name: expected },
  });
});

test('a disk of another driver than the one that is named is refused', async () => {
  const held = await machine('refused', { disk: true, written: 'a' });
  await expect(driverForUp('b', held, context())).rejects.toMatchObject({
    code: 'DISK_OF_ANOTHER_DRIVER',
    message: expect.stringContaining('has the format of the driver a, and b'),
    mend: expect.stringContaining('dewar reset'),
  });
});

test('a disk whose driver does not work here is not given to another one', async () => {
  const held = await machine('broken', { disk: true, written: 'a' });
  const probe = { works: false, why: 'no KVM', mend: 'load the module' } as const;
  await expect(driverForUp('auto', held, context(probe))).rejects.toMatchObject({
    code: 'DRIVER_UNAVAILABLE',
    message: expect.stringContaining('no KVM'),
    mend: expect.stringMatching(/^load the module; .*dewar reset/),
  });
});

test('whose disk is begun is written down, and stays with it', async () => {
  const { paths } = await machine('noted', { disk: false });
  await noteDriverOfDisk(paths, 'a');
  await writeFile(paths.disk, '');
  await noteDriverOfDisk(paths, 'b');
  expect(await readFile(paths.diskDriver, 'utf8')).toBe('a\n');
});
