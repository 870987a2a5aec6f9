import type { LogFile } from '../workspace/logs/find-logs.ts';
import { formatBytes } from '../core/format-bytes.ts';

interface LogData {
  name: string;
  path: string;
  bytes: number;
  /** RFC 3339. */
  written_at: string;
}

export function logData({ name, path, bytes, at }: LogFile): LogData {
  return { name, path, bytes, written_at: new Date(at).toISOString() };
}

/**
 * @param shown the log whose end is printed
 * @returns what `logs` prints when no log was named
 */
export async function describeLogs(
  machine: string,
  logs: readonly LogFile[],
  shown: { name: string; lines: readonly string[] } | undefined,
): Promise<string> {
  if (shown === undefined) return `${machine} has no logs yet; dewar up starts it`;
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['log', 'size', 'written', 'file'],
    style: { head: [], border: [], compact: true },
  });
  for (const log of logs) {
    const { name, path, bytes, written_at } = logData(log);
    table.push([name, formatBytes(bytes), written_at, path]);
  }
  return [table.toString(), '', `the end of ${shown.name}:`, ...shown.lines].join('\n');
}
