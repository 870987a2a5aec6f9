import type { ConnectedVmm } from './connected-vmm.ts';
import { endNow } from './end-vmm.ts';
import { removeMachine } from './machine-directory.ts';
import type { OwnedDirectory } from './machine-directory.ts';

/** @returns what ends a machine and removes its directory, once, and what leaves it to later processes */
export function machineRemoval(
  owned: OwnedDirectory,
  vmm: Pick<ConnectedVmm, 'process' | 'disconnect'>,
): { remove: () => Promise<void>; letGo: () => Promise<void> } {
  let removed: Promise<void> | undefined;
  async function dispose(): Promise<void> {
    vmm.disconnect();
    await endNow(vmm.process);
    await removeMachine(owned);
  }
  return {
    remove: () => (removed ??= dispose()),
    letGo: async () => {
      vmm.disconnect();
      vmm.process.letGo();
      await owned.lock.release();
    },
  };
}
