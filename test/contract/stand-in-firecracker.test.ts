import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/git-repository.ts';
import { ORDERED_FAULT } from '../support/vmm-servers/control.ts';
import { installStandIns } from '../support/vmm-servers/install-stand-ins.ts';
import type { StandIns } from '../support/vmm-servers/install-stand-ins.ts';
import { startStandIn } from '../support/vmm-servers/start-stand-in.ts';
import type { StandInAnswer, StartedStandIn } from '../support/vmm-servers/start-stand-in.ts';

// The stand-in of Firecracker keeps the rules of the real one: what is right passes, what is wrong is refused in its words.

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let standIns: StandIns;
let machines = 0;

beforeAll(async () => {
  directory = await temporaryDirectory();
  standIns = await installStandIns(directory.path, { guests: false });
  for (const name of ['kernel', 'initrd', 'disk', 'disk-of-clone'])
    await writeFile(join(directory.path, name), name);
});

afterAll(() => directory[Symbol.asyncDispose]());

const at = (name: string): string => join(directory.path, name);

async function start(): Promise<StartedStandIn & { directory: string }> {
  const own = at(`machine-${machines++}`);
  await mkdir(own);
  return { ...(await startStandIn('firecracker', standIns, own)), directory: own };
}

const DONE: StandInAnswer = { status: 204, body: undefined };

function fault(text: string): StandInAnswer {
  return { status: 400, body: { fault_message: expect.stringContaining(text) as string } };
}

async function boot(vmm: StartedStandIn, vsock: string): Promise<StandInAnswer[]> {
  const args = 'console=ttyS0 reboot=k panic=-1 root=/dev/vda rw';
  return [
    await vmm.call('PUT', '/machine-config', { vcpu_count: 2, mem_size_mib: 64 }),
    await vmm.call('PUT', '/boot-source', {
      kernel_image_path: at('kernel'),
      initrd_path: at('initrd'),
      boot_args: args,
    }),
    await vmm.call('PUT', '/drives/root', {
      drive_id: 'root',
      is_root_device: true,
      path_on_host: at('disk'),
    }),
    await vmm.call('PUT', '/network-interfaces/eth0', { iface_id: 'eth0', host_dev_name: 'tap0' }),
    await vmm.call('PUT', '/vsock', { guest_cid: 3, uds_path: vsock }),
    await vmm.call('PUT', '/entropy', {}),
    await vmm.call('PUT', '/actions', { action_type: 'InstanceStart' }),
  ];
}

test('a machine boots, is paused, saved, and comes back in a fresh process with its parts replaced', async () => {
  await using vmm = await start();
  expect(await boot(vmm, at('v1.sock'))).toEqual(Array.from({ length: 7 }, () => DONE));
  expect(await vmm.call('GET', '/')).toMatchObject({ status: 200, body: { state: 'Running' } });
  const files = { snapshot_path: at('state'), mem_file_path: at('memory') };
  expect(await vmm.call('PUT', '/snapshot/create', files)).toEqual(
    fault('save/restore unavailable while running'),
  );
  expect(await vmm.call('PATCH', '/vm', { state: 'Paused' })).toEqual(DONE);
  expect(await vmm.call('PUT', '/snapshot/create', { ...files, snapshot_type: 'Full' })).toEqual(DONE);
  const memory = await stat(at('memory'));
  expect([memory.size, memory.blocks * 512 < 2 ** 20]).toEqual([64 * 2 ** 20, true]);

  await using clone = await start();
  const load = {
    snapshot_path: at('state'),
    mem_backend: { backend_type: 'File', backend_path: at('memory') },
    network_overrides: [{ iface_id: 'eth0', host_dev_name: 'tap1' }],
    vsock_override: { uds_path: at('v2.sock') },
    resume_vm: false,
  };
  expect(await clone.call('PUT', '/snapshot/load', load)).toEqual(DONE);
  expect(await clone.call('GET', '/')).toMatchObject({ body: { state: 'Paused' } });
  const rebound = { drive_id: 'root', path_on_host: at('disk-of-clone') };
  expect(await clone.call('PATCH', '/drives/root', rebound)).toEqual(DONE);
  expect(await clone.call('PATCH', '/vm', { state: 'Resumed' })).toEqual(DONE);
  expect(await clone.call('GET', '/')).toMatchObject({ body: { state: 'Running' } });
  expect(standIns.control.entries()).toContainEqual({ note: `guest started: ${at('disk-of-clone')}` });
});

test('what belongs before boot is refused after it, and the other way round', async () => {
  await using vmm = await start();
  const before = 'not supported before starting the microVM';
  expect(await vmm.call('PATCH', '/vm', { state: 'Paused' })).toEqual(fault(before));
  expect(await vmm.call('PATCH', '/drives/root', { drive_id: 'root' })).toEqual(fault(before));
  const begin = { action_type: 'InstanceStart' };
  expect(await vmm.call('PUT', '/actions', begin)).toEqual(fault('without kernel configuration'));
  await boot(vmm, at('v3.sock'));
  const after = 'not supported after starting the microVM';
  const kernel = { kernel_image_path: at('kernel') };
  expect(await vmm.call('PUT', '/boot-source', kernel)).toEqual(fault(after));
  expect(await vmm.call('PUT', '/actions', begin)).toEqual(fault(after));
  expect(await vmm.call('PUT', '/logger', { log_path: at('log') })).toEqual(fault(after));
  const other = { drive_id: 'other', path_on_host: at('disk') };
  expect(await vmm.call('PATCH', '/drives/other', other)).toEqual(fault('Device not found'));
});

test('a snapshot is loaded by a fresh process only, and one that cannot be loaded ends it', async () => {
  const load = {
    snapshot_path: at('nowhere'),
    mem_backend: { backend_type: 'File', backend_path: at('nowhere') },
  };
  await using configured = await start();
  await configured.call('PUT', '/machine-config', { vcpu_count: 1, mem_size_mib: 64 });
  expect(await configured.call('PUT', '/snapshot/load', load)).toEqual(
    fault('not allowed after configuring boot-specific resources'),
  );
  await using fresh = await start();
  expect(await fresh.call('PUT', '/logger', { log_path: at('log') })).toEqual(DONE);
  expect(await fresh.call('PUT', '/snapshot/load', load)).toEqual(fault('Failed to open snapshot file'));
  expect(await fresh.ended).toBe(1);
});

test('a state file that was changed, and a disk that is gone, are seen', async () => {
  await using vmm = await start();
  await writeFile(at('lost-disk'), '');
  await boot(vmm, at('v4.sock'));
  await vmm.call('PATCH', '/vm', { state: 'Paused' });
  const files = { snapshot_path: at('state-2'), mem_file_path: at('memory-2') };
  await vmm.call('PUT', '/snapshot/create', files);
  const load = {
    snapshot_path: at('state-2'),
    mem_backend: { backend_type: 'File', backend_path: at('memory-2') },
  };
  await using taken = await start();
  // Its socket is in use as long as the first machine runs.
  expect(await taken.call('PUT', '/snapshot/load', load)).toEqual(fault('Address in use'));
  await writeFile(at('state-2'), 'something else');
  await using damaged = await start();
  expect(await damaged.call('PUT', '/snapshot/load', load)).toEqual(fault('CRC64 validation failed'));
});

test('what the description does not have is refused: a path, a method, a field, a missing field, a wrong value', async () => {
  await using vmm = await start();
  expect(await vmm.call('PUT', '/nothing', {})).toEqual(fault('Invalid request method and/or path'));
  expect(await vmm.call('DELETE', '/vm')).toEqual(fault('Invalid request method and/or path'));
  const machine = { vcpu_count: 1, mem_size_mib: 64 };
  expect(await vmm.call('PUT', '/machine-config', { ...machine, numa: 1 })).toEqual(fault('numa'));
  expect(await vmm.call('PUT', '/machine-config', { vcpu_count: 1 })).toEqual(fault('mem_size_mib'));
  expect(await vmm.call('PUT', '/machine-config', { ...machine, vcpu_count: 33 })).toEqual(fault('32'));
  const invalid = standIns.control.entries().filter((entry) => 'call' in entry && entry.invalid === true);
  expect(invalid).toHaveLength(5);
});

test('it fails as ordered: a fault, no answer, a dropped connection, death; and not at all at other calls', async () => {
  await using vmm = await start();
  const ask = (): Promise<StandInAnswer> => vmm.call('GET', '/version');
  standIns.control.order([
    { call: 'GET /version', nth: 1, does: 'fault' },
    { call: 'GET /version', nth: 2, does: 'drop' },
    { call: 'GET /version', nth: 4, does: 'die' },
  ]);
  expect(await ask()).toEqual(fault(ORDERED_FAULT));
  await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await ask()).toMatchObject({ status: 200 });
  await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await vmm.ended).toBe('SIGKILL');

  await using silent = await start();
  standIns.control.order([{ call: 'GET /version', does: 'stall' }]);
  const first = silent.call('GET', '/version').then(
    () => 'answered',
    () => 'ended',
  );
  const second = await Promise.race([
    first,
    new Promise((resolve) => setTimeout(() => resolve('silent'), 300)),
  ]);
  expect(second).toBe('silent');
  standIns.control.order([]);
});
