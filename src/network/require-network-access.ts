import { DewarError } from '../core/errors.ts';
import type { NetworkContext } from './end-network.ts';
import { findNetworkAccess } from './find-network-access.ts';
import type { NetworkAccess } from './find-network-access.ts';

/**
 * Finds how TAPs are made here, for a driver whose machines have no other network.
 * @throws DewarError TAP_UNAVAILABLE
 */
export async function requireNetworkAccess(
  driver: string,
  { env, signal }: NetworkContext,
): Promise<NetworkAccess> {
  const found = await findNetworkAccess(env, signal);
  if (!('why' in found)) return found;
  throw new DewarError({
    code: 'TAP_UNAVAILABLE',
    message: `machines of ${driver} are reached by a TAP, and none can be made here: ${found.why}`,
    mend: `${found.mend}; or use the driver qemu, which needs none`,
    packages: found.packages,
  });
}
