import { readFile } from 'node:fs/promises';
import { DewarError } from '../core/errors.ts';
import { listSlots } from '../network/slots.ts';
import type { SlotHolder } from '../network/slots.ts';
import { startTimeOfProcess } from '../platform/start-time.ts';
import { endNetwork } from '../network/end-network.ts';
import { holdIfFree } from './hold-machine.ts';
import { readJournal } from './journal.ts';
import type { Journal, JournalMount } from './journal.ts';
import type { LifeState } from './life-cycle.ts';
import { pathsOfHolder } from './paths-of-holder.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface MachineStatus {
  name: string;
  /** Absolute directory of the config. */
  workspace: string;
  /** `lost`: it runs, but its workspace does not know of it, or is gone; `damaged`: what is written down of it cannot be read. */
  state: LifeState | 'lost' | 'damaged';
  /** Undefined when it is down. */
  running: RunningStatus | undefined;
}

export interface RunningStatus {
  machine: string;
  driver: string;
  pid: number;
  slot: number;
  uptime_seconds: number;
  /** What the machine takes of this host now, bytes. */
  memory_bytes: number;
  /** Undefined where nothing is known of it. */
  how: 'booted' | 'thawed' | undefined;
  vcpus: number | undefined;
  /** What the guest may use, MiB. */
  memory_mb: number | undefined;
  network: string | undefined;
  mounts: JournalMount[];
  failed_scripts: string[];
}

/**
 * Looks at all machines of this user; repairs, on the way, what processes that died have left.
 * @param here the workspace of the caller, which is shown when it is down, too
 */
export async function status(
  here: { name: string; paths: StatePaths; workspace: string } | undefined,
  context: WorkspaceContext,
): Promise<MachineStatus[]> {
  const found: MachineStatus[] = [];
  const seen = new Set<string>();
  const holders = await listSlots(context.env);
  if (here !== undefined) {
    seen.add(here.paths.directory);
    found.push(await statusOf(here.paths, here, holders, context));
  }
  for (const holder of holders) {
    if (seen.has(holder.state)) continue;
    seen.add(holder.state);
    const machine = await statusOf(pathsOfHolder(holder), holder, holders, context);
    if (machine.state !== 'down') found.push(machine);
  }
  // Those that no journal names: it went with its workspace, or is in another place now.
  for (const holder of holders) {
    if (found.some(({ running }) => running?.machine === holder.machine)) continue;
    const running = await runningBySlot(holder, context);
    const { name, workspace } = holder;
    if (running !== undefined) found.push({ name, workspace, state: 'lost', running });
    else if (!holder.held) await endNetwork({ slot: holder.number, machine: holder.machine }, context);
  }
  return found;
}

async function statusOf(
  paths: StatePaths,
  { name, workspace }: { name: string; workspace: string },
  holders: readonly Holder[],
  context: WorkspaceContext,
): Promise<MachineStatus> {
  try {
    const repaired = await holdIfFree(paths, context, ({ journal }) => Promise.resolve(journal));
    const journal = repaired ?? (await readJournal(paths.journal));
    return { name, workspace, state: journal.state, running: await runningOf(journal, context) };
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'JOURNAL_DAMAGED') throw error;
    const holder = holders.find(({ state }) => state === paths.directory);
    const running = holder && (await runningBySlot(holder, context));
    return { name, workspace, state: 'damaged', running };
  }
}

type Holder = SlotHolder & { number: number; held: boolean };

async function runningBySlot(
  { machine, driver, number }: Holder,
  context: WorkspaceContext,
): Promise<RunningStatus | undefined> {
  const found = await (await context.loadDriver(driver)).find(machine);
  if (found === undefined) return undefined;
  const { pid } = found;
  const started = (await startTimeOfProcess(pid)) ?? Date.now();
  return {
    machine,
    driver,
    pid,
    slot: number,
    uptime_seconds: secondsSince(started),
    memory_bytes: await memoryOf(pid),
    how: undefined,
    vcpus: undefined,
    memory_mb: undefined,
    network: undefined,
    mounts: [],
    failed_scripts: [],
  };
}

async function runningOf(
  { state, machine, mounts }: Journal,
  context: WorkspaceContext,
): Promise<RunningStatus | undefined> {
  if (state === 'down' || machine === undefined) return undefined;
  const driver = await context.loadDriver(machine.driver);
  const found = await driver.find(machine.id);
  if (found === undefined) return undefined;
  const { pid } = found;
  const started = (await startTimeOfProcess(pid)) ?? machine.since;
  return {
    machine: machine.id,
    driver: machine.driver,
    pid,
    slot: machine.slot,
    how: machine.how,
    uptime_seconds: secondsSince(started),
    vcpus: machine.vcpus,
    memory_mb: machine.memoryMB,
    memory_bytes: await memoryOf(pid),
    network: machine.network,
    mounts,
    failed_scripts: machine.failedScripts,
  };
}

/** @returns bytes that a process has in memory; 0 when it has just ended */
async function memoryOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

function secondsSince(time: number): number {
  return Math.max(0, Math.round((Date.now() - time) / 1000));
}
