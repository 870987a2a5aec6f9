import { defineCommand } from './command.ts';
import type { CommandSpec } from './command.ts';
import { MACHINE_OPTIONS } from './commands/workspace-options.ts';
import { openMachine } from './open-machine.ts';
import { requirePlugin } from './require-plugin.ts';

/** Its second word, for every plugin. */
export const WARM_CACHE = 'warm-cache';

/** @returns `dewar <plugin> warm-cache` */
export function warmCacheCommand(plugin: string): CommandSpec {
  return defineCommand({
    name: `${plugin} ${WARM_CACHE}`,
    summary: "stream the caches of this host's tools into the machine, once",
    description: `What the tools of the plugin ${plugin} have downloaded on this host is unpacked on the machine's own disk, where it persists. A cache that came whole is left alone from then on; nothing is shared, and nothing comes back.

dewar up does it for every plugin with caches, unless the config says warmCaches: false. Left out are locks and half downloads, links that lead out of the cache, devices and sockets, and files with secrets: .npmrc, credentials, settings.xml and the like, and small texts with a token in a URL.`,
    options: {
      ...MACHINE_OPTIONS,
      force: {
        long: 'force',
        short: 'f',
        kind: 'boolean',
        description: 'also where a cache came whole before: sends the files that the machine lacks',
      },
      dryRun: {
        long: 'dry-run',
        short: 'n',
        kind: 'boolean',
        description: 'sends nothing, and says what would be sent',
      },
      only: {
        long: 'only',
        kind: 'list',
        splitOn: 'comma',
        valueName: 'names',
        description: 'of these caches; may be repeated',
      },
    },
    examples: [
      { command: `dewar ${plugin} ${WARM_CACHE}`, description: 'what dewar up does' },
      { command: `dewar ${plugin} ${WARM_CACHE} --force`, description: 'after this host got more' },
    ],
    run: async (input) => {
      const { force, dryRun, only } = input.options;
      const { connectRoot } = await import('../workspace/connect-guest.ts');
      const { warmMachine } = await import('../workspace/warm-machine.ts');
      const { describeWarmCaches } = await import('./describe-warm-caches.ts');
      const hand = await openMachine(input, { checksFiles: false });
      await requirePlugin(hand.config, plugin);
      const root = await connectRoot(hand);
      const caches = await warmMachine({ ...hand, root }, plugin, { force, dryRun, only }, hand.context);
      return { data: { plugin, machine: hand.name, caches }, text: describeWarmCaches(caches) };
    },
  });
}
