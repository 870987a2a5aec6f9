import { createMachine } from '../../src/vmm/cloud-hypervisor/create-machine.ts';
import { restoreMachine } from '../../src/vmm/cloud-hypervisor/restore-machine.ts';
import { vmmContract } from '../support/vmm-servers/vmm-contract.ts';

const api = (name: string): string => `PUT /api/v1/${name}`;

vmmContract({
  vmm: 'cloud-hypervisor',
  create: createMachine,
  restore: restoreMachine,
  calls: {
    create: [api('vm.create'), api('vm.boot')],
    freeze: [api('vm.pause'), api('vm.snapshot'), api('vmm.shutdown')],
    restore: [api('vm.restore'), api('vm.resume')],
  },
  resume: api('vm.resume'),
  // It is in the config.json beside the saved state.
  tapOf: () => undefined,
});
