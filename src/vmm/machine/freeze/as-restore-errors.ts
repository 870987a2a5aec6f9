import { DewarError } from '../../../core/errors.ts';
import type { ConnectedVmm } from '../connected-vmm.ts';

/**
 * Does what brings a frozen machine back.
 * @throws DewarError RESTORE_FAILED for whatever goes wrong with that, INTERRUPTED
 */
export async function asRestoreErrors<T>(
  { explain }: Pick<ConnectedVmm, 'explain'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = await explain(error);
    if (cause instanceof DewarError && cause.code === 'INTERRUPTED') throw cause;
    throw new DewarError({
      code: 'RESTORE_FAILED',
      message: `the saved state could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      mend: 'record the snapshot again on this host',
      cause,
    });
  }
}
