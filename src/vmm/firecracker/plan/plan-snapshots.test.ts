import { expect, test } from 'vitest';
import { planCommand } from './plan-command.ts';
import { planFreeze } from './plan-freeze.ts';
import { planRestore } from './plan-restore.ts';
import type { RestorePlanInput } from './plan-restore.ts';

const RESTORE: RestorePlanInput = {
  version: { minor: 16 },
  state: '/bundle/vmstate',
  memory: { kind: 'file', path: '/bundle/mem_file' },
  disk: 'root.raw',
  tap: 'dewar-07',
  vsock: 'vsock.sock',
  clock: true,
};

test('a machine is paused, then written whole', () => {
  expect(planFreeze({ memory: 'mem_file', state: 'vmstate' })).toEqual({
    pause: { method: 'PATCH', path: '/vm', body: { state: 'Paused' } },
    create: {
      method: 'PUT',
      path: '/snapshot/create',
      body: { snapshot_type: 'Full', snapshot_path: 'vmstate', mem_file_path: 'mem_file' },
    },
  });
});

test('a clone has its own TAP, vsock and disk before it runs', () => {
  expect(planRestore(RESTORE)).toEqual({
    load: {
      method: 'PUT',
      path: '/snapshot/load',
      body: {
        snapshot_path: '/bundle/vmstate',
        mem_backend: { backend_type: 'File', backend_path: '/bundle/mem_file' },
        network_overrides: [{ iface_id: 'net', host_dev_name: 'dewar-07' }],
        vsock_override: { uds_path: 'vsock.sock' },
        clock_realtime: true,
        resume_vm: false,
      },
    },
    rebind: {
      method: 'PATCH',
      path: '/drives/root',
      body: { drive_id: 'root', path_on_host: 'root.raw' },
    },
    resume: { method: 'PATCH', path: '/vm', body: { state: 'Resumed' } },
  });
});

test('a version that does not know a word is not told it', () => {
  expect(planRestore({ ...RESTORE, version: { minor: 12 } }).load.body).toEqual({
    snapshot_path: '/bundle/vmstate',
    mem_backend: { backend_type: 'File', backend_path: '/bundle/mem_file' },
    network_overrides: [{ iface_id: 'net', host_dev_name: 'dewar-07' }],
    resume_vm: false,
  });
});

test('a clock may stand still, and memory may come from a program', () => {
  const { load } = planRestore({
    ...RESTORE,
    clock: false,
    memory: { kind: 'userfault', socket: 'memory.sock' },
  });
  expect(load.body).toMatchObject({
    mem_backend: { backend_type: 'Uffd', backend_path: 'memory.sock' },
  });
  expect(load.body).not.toHaveProperty('clock_realtime');
});

test('Firecracker is found again by where it counts', () => {
  expect(planCommand({ socket: 'api.sock', log: 'vmm.log', metrics: '/m/f00d/metrics.json' }).join(' ')).toBe(
    '--api-sock api.sock --log-path vmm.log --level Info --metrics-path /m/f00d/metrics.json --show-level',
  );
});
