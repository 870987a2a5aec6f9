import { createMachine } from '../../src/vmm/firecracker/create-machine.ts';
import { restoreMachine } from '../../src/vmm/firecracker/restore-machine.ts';
import { vmmContract } from '../support/vmm-servers/vmm-contract.ts';

vmmContract({
  vmm: 'firecracker',
  create: createMachine,
  restore: restoreMachine,
  calls: {
    create: [
      'PUT /machine-config',
      'PUT /boot-source',
      'PUT /drives/root',
      'PUT /network-interfaces/net',
      'PUT /vsock',
      'PUT /entropy',
      'PUT /actions',
    ],
    freeze: ['PATCH /vm', 'PUT /snapshot/create'],
    restore: ['PUT /snapshot/load', 'PATCH /drives/root', 'PATCH /vm'],
  },
  resume: 'PATCH /vm',
  tapOf: (loaded) =>
    (loaded as { network_overrides: { host_dev_name: string }[] }).network_overrides[0]?.host_dev_name,
});
