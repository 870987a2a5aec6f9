/** What Firecracker is started with. It runs in its machine's directory: sockets have no longer paths than 107 bytes. */
export interface CommandPlanInput {
  /** Relative. */
  socket: string;
  log: string;
  /** Absolute: the word by which the process is found again. */
  metrics: string;
}

/** @returns Firecracker's arguments, but for its name, which a jailer gives. Both files must be there: versions before 1.14 do not make them. */
export function planCommand({ socket, log, metrics }: CommandPlanInput): string[] {
  const options = { '--api-sock': socket, '--log-path': log, '--level': 'Info', '--metrics-path': metrics };
  return [...Object.entries(options).flat(), '--show-level'];
}
