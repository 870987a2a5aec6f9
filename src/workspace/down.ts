import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { WorkspaceDriver, WorkspaceMachine } from '../vmm/workspace-driver.ts';
import { abandonInGuest } from './abandon-in-guest.ts';
import { discardMachine } from './discard-machine.ts';
import { GUEST_USER } from './guest-user.ts';
import { guestHandle } from './guest-handle.ts';
import { holdMachine } from './hold-machine.ts';
import type { HeldMachine } from './hold-machine.ts';
import { mendJournal } from './mend-journal.ts';
import { pressPowerButton } from './press-power-button.ts';
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
    const guest = options.force === true ? undefined : await reach(config, machine.id, driver, context);
    // Until here an interruption changes nothing.
    await held.note({}, 'stop');
    if (guest !== undefined) await powerOff(guest, held, options.deadlineMs, context);
    else if (options.force !== true) await pressPowerButton(machine.id, driver, options.deadlineMs, context);
    await discardMachine(held, driver, context);
    await held.note({ mounts: [] }, 'stopped');
    await runHooks('postDown', config, undefined, context);
    return { wasUp: true };
  });
}

/** @returns the machine, whose hooks have run; undefined when it does not answer */
async function reach(
  config: DownConfig,
  id: string,
  driver: WorkspaceDriver,
  context: WorkspaceContext,
): Promise<WorkspaceMachine | undefined> {
  await beforeDown(config, id, driver, context);
  try {
    return await driver.attach(id, context);
  } catch (error) {
    refuseInterruption(error);
    warn(context, 'the guest does not answer, its power button is pressed', error);
    return undefined;
  }
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

/** A guest that does not obey is ended all the same, by the caller. */
async function powerOff(
  machine: WorkspaceMachine,
  held: HeldMachine,
  deadlineMs: number,
  context: WorkspaceContext,
): Promise<void> {
  try {
    await abandonShares(machine, held, context);
    await machine.shutdown(deadlineMs);
  } catch (error) {
    warn(context, 'the guest did not power off in order', error);
  }
}

/** A guest would wait for shares that nobody serves any more before it writes what it has to its disk. */
async function abandonShares(
  machine: WorkspaceMachine,
  { journal }: HeldMachine,
  { signal }: WorkspaceContext,
): Promise<void> {
  for (const { id, kind } of journal.mounts) {
    if (kind !== 'virtiofs' || (await machine.isShareServed(id))) continue;
    await machine.ssh.run(['sync', '--file-system', '/'], { deadlineMs: SYNC_DEADLINE_MS, signal });
    await abandonInGuest(machine.ssh, id, signal);
  }
}

const SYNC_DEADLINE_MS = 10_000;

function refuseInterruption(error: unknown): void {
  if (error instanceof DewarError && error.code === 'INTERRUPTED') throw error;
}

function warn({ emit }: WorkspaceContext, what: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  emit({ type: 'warning', code: 'DOWN_FORCED', message: `${what}: ${why}` });
}
