import type { StringOption } from './command.ts';

/** Which workspace a command is about. */
export const WORKSPACE_DIRECTORY: StringOption = {
  kind: 'string',
  long: 'workspace',
  short: 'C',
  valueName: 'dir',
  description: 'directory of the workspace; by default the nearest with a dewar.config.*, here or above',
};
