import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../support/git-repository.ts';
import { installStandIns } from '../support/vmm-servers/install-stand-ins.ts';
import type { StandIns } from '../support/vmm-servers/install-stand-ins.ts';
import { startStandIn } from '../support/vmm-servers/start-stand-in.ts';
import type { StandInAnswer, StartedStandIn } from '../support/vmm-servers/start-stand-in.ts';

// The stand-in of Cloud Hypervisor keeps the rules of the real one: what is right passes, what is wrong is refused in its words.

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let standIns: StandIns;
let machines = 0;

beforeAll(async () => {
  directory = await temporaryDirectory();
  standIns = await installStandIns(directory.path, { guests: false });
  for (const name of ['kernel', 'initrd', 'disk', 'more']) await writeFile(at(name), name);
});

afterAll(() => directory[Symbol.asyncDispose]());

const at = (name: string): string => join(directory.path, name);
const DONE: StandInAnswer = { status: 204, body: undefined };
const MEMORY = 64 * 2 ** 20;

async function start(): Promise<StartedStandIn> {
  const own = at(`machine-${machines++}`);
  await mkdir(own);
  return startStandIn('cloud-hypervisor', standIns, own);
}

/** The last of an error's chain. */
function fault(status: number, last: string): StandInAnswer {
  return { status, body: expect.arrayContaining([expect.stringContaining(last)]) as unknown };
}

function config(vsock: string): Record<string, unknown> {
  return {
    payload: { kernel: at('kernel'), initramfs: at('initrd'), cmdline: 'console=ttyS0' },
    cpus: { boot_vcpus: 2, max_vcpus: 2 },
    memory: { size: MEMORY, shared: true },
    disks: [{ path: at('disk'), id: 'root', image_type: 'Raw' }],
    net: [{ tap: 'tap0', mac: '52:54:00:00:00:01', id: 'net', num_queues: 2 }],
    rng: { src: '/dev/urandom' },
    balloon: { size: 0, free_page_reporting: true },
    vsock: { cid: 3, socket: vsock },
    serial: { mode: 'File', file: at('console') },
    console: { mode: 'Off' },
  };
}

test('a machine is made, booted, paused and saved, and comes back in a fresh process from a directory of its own', async () => {
  await using vmm = await start();
  expect(await vmm.call('GET', '/vmm.ping')).toMatchObject({ status: 200, body: { version: 'v53.0' } });
  expect(await vmm.call('PUT', '/vm.create', config(at('v1.sock')))).toEqual(DONE);
  expect(await vmm.call('GET', '/vm.info')).toMatchObject({ body: { state: 'Created' } });
  expect(await vmm.call('PUT', '/vm.boot')).toEqual(DONE);
  await mkdir(at('snapshot'));
  const into = { destination_url: `file://${at('snapshot')}` };
  expect(await vmm.call('PUT', '/vm.snapshot', into)).toEqual(fault(500, 'while VM is running'));
  expect(await vmm.call('PUT', '/vm.pause')).toEqual(DONE);
  expect(await vmm.call('PUT', '/vm.pause')).toEqual(fault(500, 'InvalidStateTransition(Paused, Paused)'));
  expect(await vmm.call('PUT', '/vm.snapshot', into)).toEqual(DONE);
  expect((await readdir(at('snapshot'))).toSorted()).toEqual(['config.json', 'memory-ranges', 'state.json']);
  const memory = await stat(join(at('snapshot'), 'memory-ranges'));
  expect([memory.size, memory.blocks * 512 < 2 ** 20]).toEqual([MEMORY, true]);
  expect(await vmm.call('PUT', '/vm.snapshot', into)).toEqual(fault(500, 'EEXIST'));
  expect(await vmm.call('PUT', '/vmm.shutdown')).toEqual(DONE);
  expect(await vmm.ended).toBe(0);

  const saved = JSON.parse(await readFile(join(at('snapshot'), 'config.json'), 'utf8')) as object;
  const own = { ...saved, vsock: { cid: 3, socket: at('v2.sock') } };
  await writeFile(join(at('snapshot'), 'config.json'), JSON.stringify(own));
  await using clone = await start();
  const from = { source_url: into.destination_url, memory_restore_mode: 'OnDemand', resume: false };
  expect(await clone.call('PUT', '/vm.restore', from)).toEqual(DONE);
  expect(await clone.call('GET', '/vm.info')).toMatchObject({ body: { state: 'Paused' } });
  expect(await clone.call('PUT', '/vm.restore', from)).toEqual(fault(500, 'VM is already created'));
  expect(await clone.call('PUT', '/vm.resume')).toEqual(DONE);
  expect(await clone.call('GET', '/vm.info')).toMatchObject({ body: { state: 'Running' } });
});

test('what comes too early or too late is refused', async () => {
  await using vmm = await start();
  expect(await vmm.call('PUT', '/vm.boot')).toEqual(fault(404, 'VM config is missing'));
  expect(await vmm.call('PUT', '/vm.pause')).toEqual(fault(500, 'VM is not running'));
  expect(await vmm.call('GET', '/vm.info')).toEqual(fault(404, 'VM is not created'));
  await vmm.call('PUT', '/vm.create', config(at('v3.sock')));
  expect(await vmm.call('PUT', '/vm.create', config(at('v3.sock')))).toEqual(
    fault(500, 'VM is already created'),
  );
  await vmm.call('PUT', '/vm.boot');
  expect(await vmm.call('PUT', '/vm.boot')).toEqual(fault(500, 'VM is already created'));
  expect(await vmm.call('PUT', '/vm.restore', { source_url: 'file:///' })).toEqual(
    fault(500, 'VM is already created'),
  );
});

test.each([
  [
    'more queues than CPUs',
    { disks: [{ path: '/dev/null', num_queues: 3 }] },
    400,
    'must not exceed boot vCPUs',
  ],
  [
    'two pairs of queues for one CPU',
    { cpus: { boot_vcpus: 1, max_vcpus: 1 }, net: [{ num_queues: 4 }] },
    400,
    'must not exceed boot vCPUs',
  ],
  ['a balloon as large as the memory', { balloon: { size: MEMORY } }, 400, 'greater than RAM'],
  [
    'two devices of one name',
    { disks: [{ path: '/dev/null', id: 'net' }] },
    409,
    'Identifier net is not unique',
  ],
  ['a disk that is not there', { disks: [{ path: '/nowhere' }] }, 500, 'No such file or directory'],
])('what cannot be is refused at boot: %s', async (_, changed, status, words) => {
  await using vmm = await start();
  expect(await vmm.call('PUT', '/vm.create', { ...config(at('v4.sock')), ...changed })).toEqual(DONE);
  expect(await vmm.call('PUT', '/vm.boot')).toEqual(fault(status, words));
});

test('disks and shares are plugged in, and are gone when the guest has let go of them', async () => {
  await using vmm = await start();
  await vmm.call('PUT', '/vm.create', config(at('v5.sock')));
  await vmm.call('PUT', '/vm.boot');
  const disk = { path: at('more'), id: 'more', serial: 'more', readonly: true };
  expect(await vmm.call('PUT', '/vm.add-disk', disk)).toMatchObject({ status: 200, body: { id: 'more' } });
  expect(await vmm.call('PUT', '/vm.add-disk', disk)).toEqual(fault(409, 'Identifier more is not unique'));
  const fs = { tag: 'src', id: 'src', socket: at('fs.sock'), num_queues: 1, queue_size: 1024 };
  expect(await vmm.call('PUT', '/vm.add-fs', fs)).toEqual(fault(500, 'vhost-user socket'));
  const daemon = createServer().listen(at('fs.sock'));
  onTestFinished(() => void daemon.close());
  expect(await vmm.call('PUT', '/vm.add-fs', fs)).toMatchObject({ status: 200, body: { id: 'src' } });
  expect(await vmm.call('PUT', '/vm.remove-device', { id: 'nothing' })).toEqual(fault(404, 'Unknown device'));
  expect(await vmm.call('PUT', '/vm.remove-device', { id: 'more' })).toEqual(DONE);
  const tree = async (): Promise<object> =>
    ((await vmm.call('GET', '/vm.info')).body as { device_tree: object }).device_tree;
  expect(await tree()).toHaveProperty('more');
  await expect.poll(tree).not.toHaveProperty('more');
});

test('what the description does not have is refused: a path, a field, a body where none belongs, a wrong value', async () => {
  await using vmm = await start();
  expect(await vmm.call('PUT', '/vm.nothing')).toEqual({ status: 404, body: ['Not Found'] });
  const good = config(at('v6.sock'));
  expect(await vmm.call('PUT', '/vm.create', { ...good, cores: 2 })).toMatchObject({ status: 400 });
  const nested = { ...good, cpus: { boot_vcpus: 1, max_vcpus: 1, hot: true } };
  expect(await vmm.call('PUT', '/vm.create', nested)).toMatchObject({ status: 400 });
  expect(await vmm.call('PUT', '/vm.create', { ...good, payload: undefined })).toMatchObject({ status: 400 });
  expect(await vmm.call('PUT', '/vm.boot', {})).toMatchObject({ status: 400 });
  const lazily = { source_url: 'file:///', memory_restore_mode: 'ondemand' };
  expect(await vmm.call('PUT', '/vm.restore', lazily)).toMatchObject({ status: 400 });
  expect(await vmm.call('PUT', '/vm.create', good)).toEqual(DONE);
});
