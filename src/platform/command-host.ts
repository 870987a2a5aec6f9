import { runCommand } from './run-command.ts';
import type { CommandResult, RunOptions } from './run-command.ts';
import { streamCommand } from './stream-command.ts';
import type { StreamOptions, StreamResult } from './stream-command.ts';

/** Where programs run: this host, or a machine. Paths and the environment are those of that place. */
export interface CommandHost {
  run(file: string, args: readonly string[], options: RunOptions): Promise<CommandResult>;
  stream(file: string, args: readonly string[], options: StreamOptions): Promise<StreamResult>;
}

export const thisHost: CommandHost = { run: runCommand, stream: streamCommand };
