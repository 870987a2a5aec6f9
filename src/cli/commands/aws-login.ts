import type { CommandSpec } from '../command.ts';
import { builtinPluginCommand } from '../plugin-command.ts';

export const command: CommandSpec = builtinPluginCommand(
  'aws login',
  "send short-lived credentials of this host's AWS session into the machine",
  '[--profile NAME] [--region NAME] [options: see docs/plugins.md]',
);
