import { DewarError } from '../core/errors.ts';
import { endNetwork } from './end-network.ts';
import type { NetworkContext } from './end-network.ts';
import type { NetworkAccess } from './find-network-access.ts';
import { openNetwork } from './open-network.ts';
import type { OpenNetwork } from './open-network.ts';
import type { NetworkPolicy } from './policy.ts';
import { takeSlot } from './slots.ts';
import type { Slot, SlotHolder } from './slots.ts';

/**
 * Takes a slot, and removes what is left of the network of the machine that had it.
 * @param except slots that are not to be taken
 * @throws DewarError NO_SLOT, RUNTIME_DIRECTORY, LOCK_FAILED, NETWORK_FAILED, INTERRUPTED
 */
export async function takeFreeSlot(
  holder: SlotHolder,
  except: ReadonlySet<number>,
  context: NetworkContext,
): Promise<Slot> {
  const slot = await takeSlot(context.env, holder, except);
  const { number, previous } = slot;
  if (previous === undefined) return slot;
  try {
    await endNetwork({ slot: number, machine: previous.machine }, context);
    return slot;
  } catch (error) {
    await slot.lock.release();
    throw error;
  }
}

/**
 * The same with a network. Slots are a user's, networks the host's: that of a free slot may be another user's.
 * @param log absolute: where what goes wrong is written
 * @throws DewarError also NETWORK_CLASH
 */
export async function takeNetworkedSlot(
  { holder, policy, log }: { holder: SlotHolder; policy: NetworkPolicy; log: string },
  access: NetworkAccess,
  context: NetworkContext,
): Promise<{ slot: Slot; opened: OpenNetwork }> {
  for (const taken = new Set<number>(); ;) {
    const slot = await takeFreeSlot(holder, taken, context);
    try {
      const spec = { slot: slot.number, policy, machine: holder.machine, log };
      return { slot, opened: await openNetwork(spec, access, context.signal) };
    } catch (error) {
      await slot.lock.release({ remove: true });
      if (!(error instanceof DewarError) || error.code !== 'NETWORK_TAKEN') throw error;
      taken.add(slot.number);
    }
  }
}
