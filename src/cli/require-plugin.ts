import type { ResolvedConfig, ResolvedPlugin } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import { usageError } from './usage-error.ts';

/**
 * @returns the plugin of a workspace's config
 * @throws DewarError PLUGIN_NOT_USED for a built-in one that is none of the config's, USAGE for an unknown one
 */
export async function requirePlugin(config: ResolvedConfig, name: string): Promise<ResolvedPlugin> {
  const plugin = config.plugins.find((one) => one.name === name);
  if (plugin !== undefined) return plugin;
  const { PLUGIN_NAMES } = await import('../builtins.ts');
  const names = config.plugins.map((one) => one.name);
  if (PLUGIN_NAMES.includes(name))
    throw new DewarError({
      code: 'PLUGIN_NOT_USED',
      message: `the plugin ${name} is not one of ${config.file}`,
      mend: `add it there: plugins: [${[...names, name].map((one) => JSON.stringify(one)).join(', ')}]; then dewar down and dewar up`,
    });
  throw usageError(
    '',
    `${JSON.stringify(name)} is no command of dewar, and no plugin of ${config.file}; its plugins: ${names.join(', ') || 'none'}`,
  );
}
