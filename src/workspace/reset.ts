import { stat } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';
import { removeTree } from '../platform/remove-tree.ts';
import { discardMachine } from './discard-machine.ts';
import { holdMachine } from './hold-machine.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface ResetResult {
  /** False where there was no disk. */
  removed: boolean;
  /** Bytes that its disk took. */
  bytes: number;
}

/**
 * Drops a machine's root disk: the next `up` begins with a new one.
 * @param force ends the machine first where it is up
 * @throws DewarError WORKSPACE_UP
 */
export async function reset(
  name: string,
  paths: StatePaths,
  { force }: { force: boolean },
  context: WorkspaceContext,
): Promise<ResetResult> {
  return await holdMachine(paths, context, async (held) => {
    const { state, machine } = held.journal;
    if (state === 'up' && machine !== undefined) {
      if (!force)
        throw new DewarError({
          code: 'WORKSPACE_UP',
          message: `the machine ${name} is up`,
          mend: 'end it first: dewar down; or dewar reset --force, which ends it at once',
        });
      const driver = await context.loadDriver(machine.driver);
      await held.note({}, 'stop');
      await discardMachine(held, driver, context);
      await held.note({ mounts: [] }, 'stopped');
    }
    const found = await stat(paths.disk).catch(() => undefined);
    await removeTree(paths.disk);
    await removeTree(paths.logs);
    return { removed: found !== undefined, bytes: (found?.blocks ?? 0) * 512 };
  });
}
