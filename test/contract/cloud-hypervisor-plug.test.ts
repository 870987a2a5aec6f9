import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLOUD_HYPERVISOR } from '../../src/vmm/cloud-hypervisor/cloud-hypervisor-vmm.ts';
import { findVirtiofsd } from '../../src/vmm/machine/shares/find-virtiofsd.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { plugContract } from '../support/vmm-servers/plug-contract.ts';
import type { PlugCall } from '../support/vmm-servers/plug-contract.ts';
import type { VmmLab } from '../support/vmm-servers/vmm-lab.ts';

const noShares = await findVirtiofsd({ ...process.env } as Record<string, string>).then(
  () => undefined,
  (error: unknown) => String(error),
);

const DISK = ['disk creds'];
const SHARE = ['share src'];

async function addDisk(machine: VirtualMachine, { directory }: VmmLab): Promise<unknown> {
  const path = join(directory, 'creds.img');
  await writeFile(path, Buffer.alloc(1 << 16));
  return machine.addDisk({ id: 'creds', path, format: 'raw', readOnly: true });
}

async function addShare(machine: VirtualMachine, { directory }: VmmLab): Promise<unknown> {
  const source = join(directory, 'source');
  await mkdir(source, { recursive: true });
  return machine.addShare({ id: 'src', source, readOnly: false });
}

const added = (name: string): PlugCall => ({ call: `PUT /api/v1/vm.add-${name}`, changes: true });
/** It looks whether the device is there, and then until it is not. */
const REMOVED: readonly PlugCall[] = [
  { call: 'GET /api/v1/vm.info', nth: 1, changes: false },
  { call: 'PUT /api/v1/vm.remove-device', changes: true },
  { call: 'GET /api/v1/vm.info', nth: 2, changes: false },
];

plugContract({ ...CLOUD_HYPERVISOR, name: 'cloud-hypervisor' }, [
  {
    name: 'a disk is plugged in',
    work: addDisk,
    devices: { before: [], unclear: DISK, after: DISK },
    calls: [added('disk')],
  },
  {
    name: 'a disk is taken away',
    prepare: addDisk,
    work: (machine) => machine.removeDevice('creds'),
    devices: { before: DISK, unclear: DISK, after: [] },
    calls: REMOVED,
  },
  {
    name: 'a directory is shared',
    skipped: noShares,
    work: addShare,
    devices: { before: [], unclear: SHARE, after: SHARE },
    calls: [added('fs')],
  },
  {
    name: 'a share is taken away',
    skipped: noShares,
    prepare: addShare,
    work: (machine) => machine.removeDevice('src'),
    devices: { before: SHARE, unclear: SHARE, after: [] },
    calls: REMOVED.filter(({ changes }) => changes),
  },
]);
