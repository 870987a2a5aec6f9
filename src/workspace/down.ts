import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import { discardMachine } from './discard-machine.ts';
import { GUEST_USER } from './guest-user.ts';
import { guestHandle } from './guest-handle.ts';
import { holdMachine } from './hold-machine.ts';
import type { HeldMachine } from './hold-machine.ts';
import { mendJournal } from './mend-journal.ts';
import { runHooks } from './run-hooks.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface DownOptions {
  /** Ends the machine at once, without asking the guest. */
  force?: boolean;
  /** How long the guest has to power off. */
  deadlineMs: number;
}

export interface DownResult {
  /** False when it was down before. */
  wasUp: boolean;
}

/** What of a config ending its machine takes. */
export type DownConfig = Pick<ResolvedConfig, 'name' | 'directory' | 'hooks'>;

/** Powers a machine off and removes all that it has, but for its disk. What fails on the way is only warned of. */
export async function down(
  config: DownConfig,
  paths: StatePaths,
  options: DownOptions,
  context: WorkspaceContext,
): Promise<DownResult> {
  const mended = options.force === true ? await mendJournal(paths, context) : undefined;
  if (mended !== undefined) return { wasUp: mended };
  return await holdMachine(paths, context, async (held) => {
    const { machine, state } = held.journal;
    if (state !== 'up' || machine === undefined) return { wasUp: false };
    const driver = await context.loadDriver(machine.driver);
    if (options.force !== true) await beforeDown(config, machine.id, driver, context);
    await held.note({}, 'stop');
    if (options.force !== true) await powerOff(held, machine.id, driver, options.deadlineMs, context);
    await discardMachine(held, driver, context);
    await held.note({ mounts: [] }, 'stopped');
    await runHooks('postDown', config, undefined, context);
    return { wasUp: true };
  });
}

async function beforeDown(
  config: DownConfig,
  id: string,
  driver: WorkspaceDriver,
  context: WorkspaceContext,
): Promise<void> {
  if (config.hooks.preDown.length === 0) return;
  try {
    const user = await driver.connect(id, GUEST_USER, context);
    const root = await driver.connect(id, 'root', context);
    await runHooks('preDown', config, guestHandle({ user, root }, context.signal), context);
  } catch (error) {
    refuseInterruption(error);
    warn(context, 'the pre-down hooks did not run', error);
  }
}

/** A guest that does not answer is ended all the same, by the caller. */
async function powerOff(
  _held: HeldMachine,
  id: string,
  driver: WorkspaceDriver,
  deadlineMs: number,
  context: WorkspaceContext,
): Promise<void> {
  try {
    const machine = await driver.attach(id, context);
    await machine.shutdown(deadlineMs);
  } catch (error) {
    refuseInterruption(error);
    warn(context, 'the guest was not asked to power off', error);
  }
}

function refuseInterruption(error: unknown): void {
  if (error instanceof DewarError && error.code === 'INTERRUPTED') throw error;
}

function warn({ emit }: WorkspaceContext, what: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  emit({ type: 'warning', code: 'DOWN_FORCED', message: `${what}: ${why}` });
}
