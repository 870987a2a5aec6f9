import type { TapVmm } from '../machine/tap/tap-vmm.ts';
import { createMachine, DRIVER } from './create-machine.ts';
import { pressButton } from './press-button.ts';
import { probeFirecracker } from './probe-firecracker.ts';
import { connectFirecracker } from './process/connect-firecracker.ts';
import { restoreMachine } from './restore-machine.ts';

export const FIRECRACKER: TapVmm = {
  name: DRIVER,
  title: 'Firecracker',
  probe: (context) => probeFirecracker(context, { jailed: true }),
  create: createMachine,
  restore: restoreMachine,
  connect: connectFirecracker,
  pressButton,
};
