import type { TapVmm } from '../machine/tap/tap-vmm.ts';
import { createMachine, DRIVER } from './create-machine.ts';
import { pressButton } from './press-button.ts';
import { probeCloudHypervisor } from './probe-cloud-hypervisor.ts';
import { connectCloudHypervisor } from './process/connect-cloud-hypervisor.ts';
import { restoreMachine } from './restore-machine.ts';

export const CLOUD_HYPERVISOR: TapVmm = {
  name: DRIVER,
  title: 'Cloud Hypervisor',
  probe: probeCloudHypervisor,
  create: createMachine,
  restore: restoreMachine,
  connect: connectCloudHypervisor,
  pressButton,
};
