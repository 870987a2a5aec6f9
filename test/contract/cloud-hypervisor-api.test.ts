import { CLOUD_HYPERVISOR } from '../../src/vmm/cloud-hypervisor/cloud-hypervisor-vmm.ts';
import { vmmContract } from '../support/vmm-servers/vmm-contract.ts';

const api = (name: string): string => `PUT /api/v1/${name}`;

vmmContract({
  vmm: { ...CLOUD_HYPERVISOR, name: 'cloud-hypervisor' },
  calls: {
    create: [api('vm.create'), api('vm.boot')],
    freeze: [api('vm.pause'), api('vm.snapshot'), api('vmm.shutdown')],
    restore: [api('vm.restore'), api('vm.resume')],
  },
  // The machine is saved, and its process is ended in any case.
  needless: [api('vmm.shutdown')],
  resume: api('vm.resume'),
  // It is in the config.json beside the saved state.
  tapOf: () => undefined,
});
