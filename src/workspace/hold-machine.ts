import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeStateDirectory } from '../config/make-state-directory.ts';
import { acquireLock, tryAcquireLock } from '../platform/file-lock.ts';
import type { FileLock } from '../platform/file-lock.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { interrupted } from '../platform/run-command.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import { discardMachine } from './discard-machine.ts';
import { isCopiedJournal } from './is-copied-journal.ts';
import { readJournal, writeJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { nextState, planRepair } from './life-cycle.ts';
import type { LifeEvent } from './life-cycle.ts';
import { removeTornWrites } from './remove-torn-writes.ts';
import { standbysDirectory } from './standbys-directory.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

const POWER_OFF_MS = 10_000;
const POLL_MS = 100;

/** A machine that this process alone works on. */
export interface HeldMachine {
  readonly paths: StatePaths;
  readonly journal: Journal;
  /** Writes down what is about to happen, or has just happened. */
  note(change: Partial<Omit<Journal, 'format' | 'state'>>, event?: LifeEvent): Promise<void>;
}

/**
 * Takes the lock of a machine's state, repairs what a process that died has left, and does some work.
 * @throws DewarError STATE_DIRECTORY, JOURNAL_DAMAGED, LOCK_FAILED, INTERRUPTED; what the work throws
 */
export async function holdMachine<T>(
  paths: StatePaths,
  context: WorkspaceContext,
  work: (held: HeldMachine) => Promise<T>,
): Promise<T> {
  await makeState(paths);
  await using lock = await acquireLock(paths.lock, {
    signal: context.signal,
    onWait: () =>
      context.emit({ type: 'note', message: 'another dewar works on this machine; waiting for it' }),
  });
  return await withLock(lock, paths, context, work);
}

/** The same where nobody works on the machine; returns undefined where somebody does. */
export async function holdIfFree<T>(
  paths: StatePaths,
  context: WorkspaceContext,
  work: (held: HeldMachine) => Promise<T>,
): Promise<T | undefined> {
  // Whoever only looks makes nothing.
  if ((await readIfPresent(paths.journal)) === undefined) return undefined;
  await using lock = await tryAcquireLock(paths.lock);
  return lock === undefined ? undefined : await withLock(lock, paths, context, work);
}

async function makeState({ root, directory }: StatePaths): Promise<void> {
  await makeStateDirectory(root);
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

async function withLock<T>(
  _lock: FileLock,
  paths: StatePaths,
  context: WorkspaceContext,
  work: (held: HeldMachine) => Promise<T>,
): Promise<T> {
  let journal = await readJournal(paths.journal);
  const held: HeldMachine = {
    paths,
    get journal() {
      return journal;
    },
    async note(change, event) {
      const state = event === undefined ? journal.state : nextState(journal.state, event);
      journal = { ...journal, ...change, state };
      await writeJournal(paths.journal, journal);
    },
  };
  await repair(held, context);
  return await work(held);
}

async function repair(held: HeldMachine, context: WorkspaceContext): Promise<void> {
  await removeTornWrites(held.paths);
  const { state, machine } = held.journal;
  if (machine === undefined || state === 'down') return;
  if (await isCopiedJournal(held.journal, held.paths, context)) {
    await held.note({ mounts: [] }, 'lost');
    return;
  }
  const driver = await context.loadDriver(machine.driver);
  const isRunning = (await driver.find(machine.id)) !== undefined;
  const plan = planRepair(state, isRunning);
  if (plan.action === 'none') return;
  if (plan.poweringOff) await untilPoweredOff(machine.id, driver, context);
  await discardMachine(held, driver, context);
  await driver.sweep(standbysDirectory(context.env));
  await held.note({ mounts: [] }, 'lost');
  context.emit({ type: 'note', message: `${plan.why}: removed what was left of it` });
}

/** Waits for a guest that was asked to power off; not for long. */
async function untilPoweredOff(
  id: string,
  driver: WorkspaceDriver,
  { emit, signal }: WorkspaceContext,
): Promise<void> {
  emit({ type: 'note', message: 'the machine may be powering off; waiting for it' });
  for (const end = performance.now() + POWER_OFF_MS; performance.now() < end;) {
    if ((await driver.find(id)) === undefined) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {
      throw interrupted('waiting for a machine that powers off', signal?.reason);
    });
  }
}
