import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeDirectory } from '../platform/runtime-directory.ts';
import type { HeldTap, OpenTap } from '../vmm/tap-source.ts';
import { endNetwork } from './end-network.ts';
import type { NetworkPolicy } from './policy.ts';
import { requireNetworkAccess } from './require-network-access.ts';
import { takeNetworkedSlot } from './take-free-slot.ts';

/** `off`: nothing is named, so nothing is reached. */
const POLICIES: Record<'open' | 'off', NetworkPolicy> = {
  open: { mode: 'open', domains: [], ports: [], ranges: [] },
  off: { mode: 'filtered', domains: [], ports: [], ranges: [] },
};

/**
 * @param findAccess how TAPs are made here
 * @returns what gives each machine of a driver a slot of this user, with a TAP
 */
export function tapSource(
  driver: string,
  env: Readonly<Record<string, string>>,
  findAccess: typeof requireNetworkAccess = requireNetworkAccess,
): OpenTap {
  return async (reach, { signal }): Promise<HeldTap> => {
    const context = { env, signal };
    const access = await findAccess(driver, context);
    // By this it is told apart; nothing lies at the paths.
    const machine = randomBytes(8).toString('hex');
    const runtime = await runtimeDirectory(env);
    const workspace = join(runtime, 'snapshots', machine);
    const holder = { state: workspace, workspace, name: 'snapshot', machine, driver };
    const log = join(runtime, `network-${machine}.log`);
    const { slot, opened } = await takeNetworkedSlot(
      { holder, policy: POLICIES[reach], log },
      access,
      context,
    );
    const { name, mac, guest, host, prefix } = opened.network;
    return {
      network: { tap: name, mac, guest, host, prefix },
      async [Symbol.asyncDispose]() {
        await opened.letGo();
        // Also after an interruption.
        await endNetwork({ slot: slot.number, machine }, { env });
        await slot.lock.release({ remove: true });
        await rm(log, { force: true });
      },
    };
  };
}
