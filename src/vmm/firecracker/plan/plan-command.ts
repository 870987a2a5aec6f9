/** What Firecracker is started with. It runs in its machine's directory: sockets have no longer paths than 107 bytes. */
export interface CommandPlanInput {
  /** The machine's name; letters, digits and `-`. */
  id: string;
  /** Relative. */
  socket: string;
  log: string;
  /** Absolute: the word by which the process is found again. */
  metrics: string;
}

/** @returns Firecracker's arguments. Both files must be there: versions before 1.14 do not make them. */
export function planCommand({ id, socket, log, metrics }: CommandPlanInput): string[] {
  return [
    ...['--id', id],
    ...['--api-sock', socket],
    ...['--log-path', log, '--level', 'Info', '--show-level'],
    ...['--metrics-path', metrics],
  ];
}
