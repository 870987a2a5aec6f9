import { DewarError } from '../../../core/errors.ts';
import type { TapNetwork } from '../../workspace-driver.ts';

/**
 * @param vmm its name, for messages
 * @throws DewarError TAP_UNAVAILABLE: it has no other network
 */
export function requireTap(tap: TapNetwork | 'open' | 'off' | undefined, vmm: string): TapNetwork {
  if (typeof tap === 'object') return tap;
  throw new DewarError({
    code: 'TAP_UNAVAILABLE',
    message: `a machine of ${vmm} needs a TAP, and has none`,
    mend: 'let dewar make networks (docs/network.md), or use --driver qemu',
  });
}
