import { DewarError } from '../core/errors.ts';
import { defineCommand } from './command.ts';
import type { CommandInput, CommandSpec } from './command.ts';
import { MACHINE_OPTIONS } from './commands/workspace-options.ts';
import { openMachine } from './open-machine.ts';
import { requirePlugin } from './require-plugin.ts';
import { usageError } from './usage-error.ts';
import { WARM_CACHE, warmCacheCommand } from './warm-cache-command.ts';

const ARGUMENTS = {
  words: { name: 'arguments', description: 'of the plugin', variadic: true },
} as const;

/**
 * A command of a built-in plugin, in the help.
 * @param name the plugin's and the command's, as typed
 * @param usage what may follow it
 */
export function builtinPluginCommand(name: string, summary: string, usage: string): CommandSpec {
  const [plugin = '', command = ''] = name.split(' ');
  return defineCommand({
    name,
    summary,
    description: `${usage === '' ? '' : `Arguments: ${usage}\n\n`}A command of the plugin ${plugin}, which the config of the workspace must have; its machine must be up. Options of dewar stand before the arguments.`,
    arguments: ARGUMENTS,
    options: MACHINE_OPTIONS,
    passThrough: true,
    json: 'none',
    run: (input) => runPluginCommand(plugin, command, input),
  });
}

/** Commands of any plugin of the workspace's config. */
export function anyPluginCommand(plugin: string, next: string | undefined): CommandSpec {
  if (next === WARM_CACHE) return warmCacheCommand(plugin);
  return defineCommand({
    name: plugin,
    summary: 'a command of a plugin',
    arguments: ARGUMENTS,
    options: MACHINE_OPTIONS,
    passThrough: true,
    json: 'none',
    run: async (input) => {
      const [command, ...words] = input.arguments.words ?? [];
      return runPluginCommand(plugin, command, { ...input, arguments: { words } });
    },
  });
}

type Input = CommandInput<
  { workspace: string | undefined; machine: string | undefined },
  { words: readonly string[] | undefined }
>;

async function runPluginCommand(
  name: string,
  command: string | undefined,
  input: Input,
): Promise<{ exitCode?: number; text: string }> {
  const { connectGuest } = await import('../workspace/connect-guest.ts');
  const hand = await openMachine(input, { checksFiles: false }).catch((error: unknown) => {
    const none = error instanceof DewarError && error.code === 'NO_CONFIG';
    throw none ? usageError('', `unknown command ${JSON.stringify(name)}`) : error;
  });
  const { config } = hand;
  const plugin = await requirePlugin(config, name);
  const commands = Object.entries(plugin.commands);
  if (command === undefined || command === '--help')
    return {
      text: [
        `dewar ${name}: the commands of this plugin`,
        ...(plugin.caches.length === 0
          ? []
          : ['  warm-cache\n      stream its caches into the machine, once']),
        ...commands.map(([word, { usage = '', summary }]) => `  ${word} ${usage}\n      ${summary}`),
        ...(commands.length === 0 && plugin.caches.length === 0 ? ['  none'] : []),
      ].join('\n'),
    };
  const found = Object.hasOwn(plugin.commands, command) ? plugin.commands[command] : undefined;
  if (found === undefined)
    throw usageError(
      '',
      `the plugin ${name} has no command ${JSON.stringify(command)}; its commands: ${commands.map(([word]) => word).join(', ') || 'none'}`,
    );
  const exitCode = await found.run({
    workspace: { name: hand.name, directory: config.directory },
    guest: await connectGuest(hand),
    env: input.env,
    say: (message) => input.emit({ type: 'note', message }),
    signal: input.signal,
    args: input.arguments.words ?? [],
  });
  return { exitCode: exitCode ?? 0, text: '' };
}
