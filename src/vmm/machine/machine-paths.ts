import { join } from 'node:path';

/** Names in a machine's directory, which is also where the VMM runs. */
export const MACHINE_FILES = {
  /** Held by the process that owns the machine. */
  lock: 'lock',
  /** Of QEMU. */
  pid: 'qemu.pid',
  monitor: 'qmp.sock',
  agent: 'agent.sock',
  /** Of the VMMs that speak HTTP. */
  api: 'api.sock',
  /** The host's side of their guests' vsock. */
  vsock: 'vsock.sock',
  /** A socket through which the state is saved. */
  save: 'save.sock',
  console: 'console.log',
  /** Stdout and stderr of the VMM. */
  output: 'vmm.log',
  /** What the VMM, the agent and we said to each other. */
  protocol: 'protocol.log',
  /** What Firecracker counts. */
  metrics: 'metrics.json',
  memory: 'mem_file',
  state: 'vmstate',
  disk: 'root.qcow2',
  /** The root disk where the VMM knows no layers. */
  raw: 'root.raw',
  ssh: 'ssh',
} as const;

/** Beside the directory that has the machines: a directory for each machine that is gone. */
export const KEPT_LOGS = 'logs';

export type MachinePaths = Record<keyof typeof MACHINE_FILES | 'directory', string>;

/** @returns absolute paths */
export function machinePaths(directory: string): MachinePaths {
  const entries = Object.entries(MACHINE_FILES).map(([key, name]) => [key, join(directory, name)]);
  return { directory, ...(Object.fromEntries(entries) as Record<keyof typeof MACHINE_FILES, string>) };
}

/** The variable by which the daemons of a machine's shares are found again. */
export const SHARE_VARIABLE = 'DEWAR_SHARE_OF';

export function shareVariable(directory: string): string {
  return `${SHARE_VARIABLE}=${directory}`;
}

/** The same for one of them. */
export const ONE_SHARE_VARIABLE = 'DEWAR_SHARE';

/** @param name absolute: how the files of a share in the machine's directory begin */
export function oneShareVariable(name: string): string {
  return `${ONE_SHARE_VARIABLE}=${name}`;
}
