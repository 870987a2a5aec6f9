import { dirname } from 'node:path';
import { expandHostPath } from '../rules/host-path.ts';
import { badConfig, parsePlugin } from '../schema/parse-config.ts';
import type { LoadedPlugin } from '../resolved-config.ts';
import type { Plugin } from '../workspace-config.ts';
import type { CodeOptions } from './load-code.ts';
import { loadFile } from './load-file.ts';
import { noSuchPlugin } from './no-such-plugin.ts';

/** The plugins that dewar brings. */
export interface BuiltinPlugins {
  names: readonly string[];
  find(name: string): Promise<Plugin | undefined>;
}

export interface LoadedPlugins {
  plugins: LoadedPlugin[];
  /** Of plugin modules, and what they import. */
  files: string[];
}

/**
 * Finds what the `plugins` of a config are: names of built-in ones; paths, which have a `/` in them; plugins themselves.
 * @param file the config; absolute
 * @throws DewarError NO_SUCH_PLUGIN, BAD_CONFIG (also: two of one name), CONFIG_FAILED, CONFIG_HANGS, UNREADABLE
 */
export async function loadPlugins(
  file: string,
  wanted: readonly (string | Plugin)[],
  { builtins, home, code }: { builtins: BuiltinPlugins; home: string; code: CodeOptions },
): Promise<LoadedPlugins> {
  const plugins: LoadedPlugin[] = [];
  const files: string[] = [];
  for (const [index, one] of wanted.entries()) {
    const loaded = await loadOne(one);
    if (plugins.some(({ plugin }) => plugin.name === loaded.plugin.name))
      throw badConfig({ file }, [
        {
          path: ['plugins', index],
          text: `plugins[${index}]: there are two plugins named ${loaded.plugin.name}`,
        },
      ]);
    plugins.push(loaded);
  }
  return { plugins, files };

  async function loadOne(one: string | Plugin): Promise<LoadedPlugin> {
    if (typeof one !== 'string') return { plugin: one, from: { type: 'inline' } };
    if (!one.includes('/')) return findBuiltin(one, file, builtins);
    const path = expandHostPath(one, dirname(file), home);
    const module = await loadFile(path, code);
    files.push(...module.files);
    return { plugin: parsePlugin(module.raw, module.source), from: { type: 'module', path } };
  }
}

async function findBuiltin(name: string, file: string, builtins: BuiltinPlugins): Promise<LoadedPlugin> {
  const found = builtins.names.includes(name) ? await builtins.find(name) : undefined;
  if (found !== undefined)
    return {
      plugin: parsePlugin(found, { file: `the built-in plugin ${name}` }),
      from: { type: 'built-in' },
    };
  throw noSuchPlugin(file, name, builtins.names);
}
