import { FIRECRACKER } from '../../src/vmm/firecracker/firecracker-vmm.ts';
import { vmmContract } from '../support/vmm-servers/vmm-contract.ts';

vmmContract({
  vmm: { ...FIRECRACKER, name: 'firecracker' },
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
  needless: [],
  resume: 'PATCH /vm',
  tapOf: (loaded) =>
    (loaded as { network_overrides: { host_dev_name: string }[] }).network_overrides[0]?.host_dev_name,
});
