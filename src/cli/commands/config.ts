import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { WORKSPACE_DIRECTORY } from '../workspace-option.ts';

export const command: CommandSpec = defineCommand({
  name: 'config',
  summary: 'print the config of a workspace, with its defaults and plugins',
  description: `The config is merged as dewar up sees it: the defaults, then the plugins in their order, then what dewar.config.* says. A dewar.config.ts or .js, and the modules of its plugins, run for that on this host; no machine is started.

Of env, only the names are printed, and the variables that the values come from.`,
  options: {
    workspace: WORKSPACE_DIRECTORY,
    origin: {
      long: 'origin',
      kind: 'boolean',
      description: 'say of each value who contributed it: a default, a plugin, or the user',
    },
    schema: {
      long: 'schema',
      kind: 'boolean',
      description: 'print the JSON Schema of dewar.config.json and .yaml instead, for editors',
    },
  },
  examples: [
    { command: 'dewar config --origin', description: 'where does this mount come from?' },
    { command: 'dewar config --schema > dewar.schema.json', description: 'for an editor' },
  ],
  run: async ({ options, cwd, env, signal }) => {
    if (options.schema) {
      const { configJsonSchema } = await import('../../config/schema/json-schema.ts');
      return { data: configJsonSchema() };
    }
    const { openWorkspace } = await import('../open-workspace.ts');
    const { configData } = await import('../../config/show/config-data.ts');
    const { configText } = await import('../../config/show/config-text.ts');
    const config = await openWorkspace({ workspace: options.workspace, cwd, env, signal });
    return { data: configData(config), text: configText(config, options.origin) };
  },
});
