import { dirname, resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { usageError } from '../usage-error.ts';

export const command: CommandSpec = defineCommand({
  name: 'init',
  summary: 'write the config of a new workspace',
  description: `Writes dewar.config.ts, with comments for what there is beside its few lines; adds .dewar/, where the machine's state lies, to .gitignore in a git repository; and puts the types and the schema of configs into .dewar/ for editors.

Without --plugin, the plugins are those that the project seems to want: by package.json, build.sbt, or the files of a Bazel workspace.`,
  options: {
    workspace: {
      kind: 'string',
      long: 'workspace',
      short: 'C',
      valueName: 'dir',
      default: '.',
      description: 'the directory of the project',
    },
    format: {
      long: 'format',
      kind: 'string',
      choices: ['ts', 'js', 'json', 'yaml'],
      default: 'ts',
      description: 'what the config is written in; json and yaml run no code',
    },
    plugins: {
      long: 'plugin',
      kind: 'list',
      valueName: 'name',
      description: 'a built-in plugin, or the path of a plugin module',
    },
    name: { long: 'name', kind: 'string', description: "of the machine; by default the directory's name" },
    force: { long: 'force', kind: 'boolean', description: 'replace the config that is there' },
  },
  examples: [
    { command: 'dewar init', description: 'in the directory of a project' },
    {
      command: 'dewar init --plugin node --format yaml',
      description: 'data alone: nothing of it runs on this host',
    },
  ],
  run: async ({ options, cwd, emit }) => {
    const { PLUGIN_NAMES } = await import('../../builtins.ts');
    const { initWorkspace } = await import('../../config/init/init-workspace.ts');
    const { WORDS } = await import('../../config/rules/words.ts');
    const { name, format, plugins, force } = options;
    if (name !== undefined && !WORDS.name.pattern.test(name))
      throw usageError('init', `option --name needs ${WORDS.name.mustBe}, not ${JSON.stringify(name)}`);
    const directory = resolve(cwd, options.workspace);
    const result = await initWorkspace({
      directory,
      format,
      name,
      plugins,
      force,
      builtinPlugins: PLUGIN_NAMES,
    });
    if (result.within !== undefined)
      emit({
        type: 'warning',
        code: 'NESTED_CONFIG',
        message: `it lies in the workspace of ${result.within}: other commands take it only when it is named, -C ${dirname(result.file)}`,
      });
    const data = {
      file: result.file,
      plugins: result.plugins,
      ignored_in: result.ignored ?? null,
      within: result.within ?? null,
    };
    return { data, text: toText(result) };
  },
});

function toText({
  file,
  plugins,
  ignored,
}: {
  file: string;
  plugins: readonly string[];
  ignored: string | undefined;
}): string {
  return [
    `wrote ${file}${plugins.length === 0 ? '' : ` with ${plugins.join(', ')}`}`,
    ...(ignored === undefined ? [] : [`added .dewar/ to ${ignored}`]),
    'next: add the domains that the machine may reach, look at all of it (dewar config), start it (dewar up)',
  ].join('\n');
}
