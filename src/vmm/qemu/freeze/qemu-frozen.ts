import type { FrozenKind } from '../../machine/freeze/frozen-machine.ts';
import { HostCompatibilitySchema } from '../host/host-compatibility.ts';
import type { HostCompatibility } from '../host/host-compatibility.ts';

/** What is of QEMU in the record of a frozen machine. */
export const QEMU_FROZEN: FrozenKind<HostCompatibility, undefined> & {
  program: (needed: HostCompatibility) => string;
} = {
  driver: 'qemu',
  compatibility: HostCompatibilitySchema,
  program: ({ qemu }) => qemu,
};
