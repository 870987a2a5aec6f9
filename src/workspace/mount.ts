import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { WorkspaceMachine } from '../vmm/workspace-driver.ts';
import { attachShare } from './attach-mounts.ts';
import { detachMount } from './detach-mount.ts';
import { guestPath } from './guest-user.ts';
import { holdMachine } from './hold-machine.ts';
import type { HeldMachine } from './hold-machine.ts';
import type { JournalMount } from './journal.ts';
import { workspaceDown } from './require-machine.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface MountRequest {
  /** Absolute. */
  source: string;
  /** Checked; `~/<name of the source>` when absent. */
  target: string | undefined;
  readonly: boolean;
}

/** A machine of a workspace, and how to work on it. */
export interface MachineInHand {
  name: string;
  config: ResolvedConfig;
  paths: StatePaths;
  context: WorkspaceContext;
}

/**
 * Mounts a directory of this host in a machine that is up.
 * @throws DewarError WORKSPACE_DOWN, TARGET_TAKEN; as `attachShare`
 */
export async function mount(hand: MachineInHand, request: MountRequest): Promise<JournalMount> {
  const { source, readonly, target = `~/${basename(source)}` } = request;
  if ((await stat(source).catch(() => undefined))?.isDirectory() !== true)
    throw new DewarError({
      code: 'MOUNT_SOURCE_MISSING',
      message: `${source} is no directory of this host`,
      mend: 'name one that is there',
    });
  return await withMachine(hand, async (machine, held) => {
    const there = held.journal.mounts.find((other) => guestPath(other.target) === guestPath(target));
    if (there !== undefined)
      throw new DewarError({
        code: 'TARGET_TAKEN',
        message: `${target} in the machine has ${there.source ?? 'a tmpfs'} already`,
        mend: `choose another target, or: dewar unmount ${target}`,
      });
    const wanted = { type: 'share', source, target, readonly, optional: false, origin: 'user' } as const;
    const before = held.journal.mounts;
    try {
      return await attachShare(machine, wanted, hand.config, held, hand.context);
    } catch (error) {
      await undo(machine, held, before, hand.context);
      throw error;
    }
  });
}

/**
 * Takes mounts away from a machine that is up.
 * @param what a target in the guest, or a directory of this host
 * @throws DewarError WORKSPACE_DOWN, NOT_MOUNTED; as `detachMount`
 */
export async function unmount(
  hand: MachineInHand,
  { what, cwd, force }: { what: string; cwd: string; force: boolean },
): Promise<JournalMount[]> {
  return await withMachine(hand, async (machine, held) => {
    const { mounts } = held.journal;
    const byTarget = mounts.filter(({ target }) => guestPath(target) === guestPath(what));
    const source = resolve(cwd, what);
    const found = byTarget.length > 0 ? byTarget : mounts.filter((other) => other.source === source);
    if (found.length === 0)
      throw new DewarError({
        code: 'NOT_MOUNTED',
        message: `${JSON.stringify(what)} is not mounted in ${hand.name}`,
        mend: `mounted are: ${mounts.map(({ target }) => target).join(', ') || 'none'}`,
      });
    const { signal } = hand.context;
    for (const one of found.toReversed()) await detachMount(machine, one, held, { force, signal });
    return found;
  });
}

async function withMachine<T>(
  { name, paths, context }: MachineInHand,
  work: (machine: WorkspaceMachine, held: HeldMachine) => Promise<T>,
): Promise<T> {
  return await holdMachine(paths, context, async (held) => {
    const { state, machine } = held.journal;
    if (state !== 'up' || machine === undefined) throw workspaceDown(name);
    const driver = await context.loadDriver(machine.driver);
    const attached = await driver.attach(machine.id, context);
    try {
      return await work(attached, held);
    } finally {
      await attached.letGo();
    }
  });
}

/** What was half made goes; what cannot goes with the machine. */
async function undo(
  machine: WorkspaceMachine,
  held: HeldMachine,
  before: readonly JournalMount[],
  { emit }: WorkspaceContext,
): Promise<void> {
  const known = new Set(before.map(({ id }) => id));
  for (const half of held.journal.mounts.filter(({ id }) => !known.has(id))) {
    try {
      await detachMount(machine, half, held, { force: true, signal: undefined });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      emit({ type: 'debug', message: `${half.target} could not be taken away: ${why}` });
    }
  }
}
