import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { listSlots } from '../network/slots.ts';
import type { SlotHolder } from '../network/slots.ts';
import { startTimeOfProcess } from '../platform/start-time.ts';
import { holdIfFree } from './hold-machine.ts';
import { readJournal } from './journal.ts';
import type { Journal, JournalMount } from './journal.ts';
import type { LifeState } from './life-cycle.ts';
import { statePaths } from './state-paths.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface MachineStatus {
  name: string;
  /** Absolute directory of the config. */
  workspace: string;
  state: LifeState;
  /** Undefined when it is down. */
  running: RunningStatus | undefined;
}

export interface RunningStatus {
  machine: string;
  driver: string;
  pid: number;
  slot: number;
  how: 'booted' | 'thawed' | undefined;
  uptimeSeconds: number;
  vcpus: number;
  /** What the guest may use, in MiB; and what the machine takes of this host now, in bytes. */
  memoryMB: number;
  memoryBytes: number;
  network: string;
  mounts: JournalMount[];
  failedScripts: string[];
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
  if (here !== undefined) {
    seen.add(here.paths.directory);
    found.push(await statusOf(here.paths, here, context));
  }
  for (const holder of await listSlots(context.env)) {
    if (seen.has(holder.state)) continue;
    seen.add(holder.state);
    const machine = await statusOf(pathsOf(holder), holder, context);
    if (machine.state !== 'down') found.push(machine);
  }
  return found;
}

async function statusOf(
  paths: StatePaths,
  { name, workspace }: { name: string; workspace: string },
  context: WorkspaceContext,
): Promise<MachineStatus> {
  const repaired = await holdIfFree(paths, context, ({ journal }) => Promise.resolve(journal));
  const journal = repaired ?? (await readJournal(paths.journal));
  return { name, workspace, state: journal.state, running: await runningOf(journal, context) };
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
    uptimeSeconds: Math.max(0, Math.round((Date.now() - started) / 1000)),
    vcpus: machine.vcpus,
    memoryMB: machine.memoryMB,
    memoryBytes: await memoryOf(pid),
    network: machine.network,
    mounts,
    failedScripts: machine.failedScripts,
  };
}

/** @returns bytes that a process has in memory; 0 when it has just ended */
async function memoryOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

function pathsOf({ workspace, state }: SlotHolder): StatePaths {
  const first = statePaths(workspace);
  return state === first.directory ? first : statePaths(workspace, basename(state));
}
