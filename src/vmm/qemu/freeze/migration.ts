import { DewarError } from '../../../core/errors.ts';
import type { CallOptions } from '../../machine/protocol/command-channel.ts';
import type { QmpClient } from '../protocol/qmp-client.ts';

/** Has a save or a load leave out memory that is a shared file, and QEMU say how far it is. */
export async function shareMemory(qmp: QmpClient, options: CallOptions): Promise<void> {
  const capabilities = ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true }));
  await qmp.execute('migrate-set-capabilities', { capabilities }, options);
}

/**
 * Waits for the end of a save or a load that starts after this call.
 * @returns undefined when it went well, else what went wrong
 */
export async function migrationEnd(
  qmp: QmpClient,
  options: CallOptions,
): Promise<{ error: DewarError } | undefined> {
  const { data } = await qmp.waitFor(
    (event) => event.event === 'MIGRATION' && isEnd(event.data['status']),
    'the end of the migration',
    options,
  );
  if (data['status'] === 'completed') return undefined;
  const told = (await qmp.execute('query-migrate', undefined, options)) as { 'error-desc'?: unknown } | null;
  return {
    error: new DewarError({
      code: 'STATE_FAILED',
      message: `QEMU could not save or load the machine's state: ${JSON.stringify(told?.['error-desc'])}`,
      mend: 'look into vmm.log of the machine',
    }),
  };
}

function isEnd(status: unknown): boolean {
  return status === 'completed' || status === 'failed';
}
