import type { CommandSpec } from '../command.ts';
import { builtinPluginCommand } from '../plugin-command.ts';

export const command: CommandSpec = builtinPluginCommand(
  'claude-code sync-config',
  "copy this host's settings of Claude Code into the machine",
  '[--credentials] [--follow-links]',
);
