import { quotePosix } from '../core/quote-posix.ts';
import type { MachineStatus, RunningStatus } from '../workspace/status.ts';

/** @returns what `status` prints */
export async function describeStatus(machines: readonly MachineStatus[]): Promise<string> {
  if (machines.length === 0) return 'no machine is up';
  const rows = machines.map(({ name, state, running, workspace }) => [
    name,
    state,
    ...(running === undefined
      ? ['', '', '', '', '']
      : [
          String(running.pid),
          String(running.slot),
          duration(running.uptime_seconds),
          memoryOf(running),
          running.network ?? '?',
        ]),
    workspace,
  ]);
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['machine', 'state', 'pid', 'slot', 'uptime', 'memory', 'network', 'workspace'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return [table.toString(), ...machines.flatMap(hint)].join('\n');
}

function memoryOf({ memory_bytes, memory_mb }: RunningStatus): string {
  const now = Math.round(memory_bytes / 2 ** 20);
  return memory_mb === undefined ? `${now} MiB` : `${now} of ${memory_mb} MiB`;
}

/** What to do about a machine with which commands in its workspace cannot work. */
function hint({ name, state, running, workspace }: MachineStatus): string[] {
  if (state === 'lost' && running !== undefined)
    return [`${name}: ${workspace} knows nothing of it; to end it: dewar down --id ${running.machine}`];
  if (state === 'damaged')
    return [
      `${name}: its journal is damaged; to end what runs: dewar down --force -C ${quotePosix(workspace)}`,
    ];
  return [];
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit));
  if (days !== undefined && days > 0) return `${days}d${(hours ?? 0) % 24}h`;
  if (hours !== undefined && hours > 0) return `${hours}h${(minutes ?? 0) % 60}m`;
  return minutes !== undefined && minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
