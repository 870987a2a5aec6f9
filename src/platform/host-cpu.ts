import { readFile } from 'node:fs/promises';

/** What this host's kernel says of its CPUs (Linux). */
export interface HostCpu {
  model: string;
  /** Sorted. */
  flags: string[];
  /** Bytes. */
  pageSize: number;
}

export async function hostCpu(): Promise<HostCpu> {
  const cpu = await readFile('/proc/cpuinfo', 'utf8');
  const map = await readFile('/proc/self/smaps', 'latin1');
  return {
    model: /^model name\s*:\s*(.*)$/m.exec(cpu)?.[1] ?? '',
    flags: (/^flags\s*:\s*(.*)$/m.exec(cpu)?.[1] ?? '')
      .split(' ')
      .filter((flag) => flag !== '')
      .toSorted(),
    pageSize: Number(/^KernelPageSize:\s+(\d+) kB$/m.exec(map)?.[1] ?? 4) * 1024,
  };
}
