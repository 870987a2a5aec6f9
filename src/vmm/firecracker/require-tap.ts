import { DewarError } from '../../core/errors.ts';
import type { TapNetwork } from '../workspace-driver.ts';

/** @throws DewarError TAP_UNAVAILABLE: the VMM has no other network */
export function requireTap(tap: TapNetwork | undefined): TapNetwork {
  if (tap !== undefined) return tap;
  throw new DewarError({
    code: 'TAP_UNAVAILABLE',
    message: 'a machine of Firecracker needs a TAP, and has none',
    mend: 'let dewar make networks (docs/network.md), or use --driver qemu',
  });
}
