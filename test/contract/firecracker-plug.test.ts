import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FIRECRACKER } from '../../src/vmm/firecracker/firecracker-vmm.ts';
import type { PluggedDisk, VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { plugContract } from '../support/vmm-servers/plug-contract.ts';
import type { PlugCall } from '../support/vmm-servers/plug-contract.ts';
import type { VmmLab } from '../support/vmm-servers/vmm-lab.ts';

const ID = 'dewar-credentials';
const PLUGGED = [`disk ${ID}`];
const patch = (nth: number): PlugCall => ({ call: 'PATCH /drives/plug', nth, changes: true });

async function diskOf({ directory }: VmmLab): Promise<PluggedDisk> {
  const path = join(directory, 'credentials.img');
  await writeFile(path, Buffer.alloc(1 << 16));
  return { id: ID, path, format: 'raw', readOnly: true };
}

const add = async (machine: VirtualMachine, lab: VmmLab): Promise<unknown> =>
  machine.addDisk(await diskOf(lab));

plugContract({ ...FIRECRACKER, name: 'firecracker' }, [
  {
    name: 'a disk in the place of the empty one',
    work: add,
    devices: { before: [], unclear: PLUGGED, after: PLUGGED },
    // A second one takes it back.
    calls: [patch(1)],
  },
  {
    name: 'the empty disk comes back',
    prepare: add,
    work: (machine) => machine.removeDevice(ID),
    devices: { before: PLUGGED, unclear: PLUGGED, after: [] },
    // The first one has brought the disk.
    calls: [patch(2)],
  },
]);
