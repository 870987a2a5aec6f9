import type { ConnectedVmm } from './connected-vmm.ts';

/** @returns what does work with a machine, and says why the machine has ended where the work fails by that */
export function explainedBy({
  explain,
}: Pick<ConnectedVmm, 'explain'>): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      throw await explain(error);
    }
  };
}
