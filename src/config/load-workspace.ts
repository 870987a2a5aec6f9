import { checkFiles } from './files/check-files.ts';
import { hostFacts } from './host-facts.ts';
import { findConfig } from './load/find-config.ts';
import type { CodeOptions } from './load/load-code.ts';
import { loadFile } from './load/load-file.ts';
import { loadPlugins } from './load/load-plugins.ts';
import type { BuiltinPlugins } from './load/load-plugins.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { resolveConfig } from './resolve/resolve-config.ts';
import { badConfig, parseConfig } from './schema/parse-config.ts';

export interface WorkspaceContext {
  /** Where the search for the config begins; absolute. */
  cwd: string;
  /** A directory that the user named in place of it; absolute. */
  named?: string | undefined;
  env: Readonly<Record<string, string>>;
  plugins: BuiltinPlugins;
  drivers: readonly string[];
  /** What `import 'dewar'` gives in a config. */
  api: () => Promise<object>;
  signal?: AbortSignal | undefined;
  /** Called with the config's path before anything of it runs. */
  beforeLoading?: ((file: string) => Promise<void>) | undefined;
  /** False: whether directories and scripts are there is not looked at, and links are not resolved. */
  checksFiles?: boolean | undefined;
}

/** Of a config or a plugin module, which says what is to be and does nothing. */
const DEADLINE_MS = 30_000;

/**
 * Finds, reads and checks the config of a workspace with its plugins. Code of the user's runs for it; nothing is started,
 * and no variable is read.
 * @throws DewarError NO_CONFIG, TWO_CONFIGS, NESTED_CONFIG, BAD_CONFIG, CONFIG_FAILED, CONFIG_HANGS, NO_SUCH_PLUGIN,
 * MOUNT_SOURCE_MISSING, SCRIPT_MISSING, LINK_LEAVES_SHARE, UNREADABLE, INTERRUPTED
 */
export async function loadWorkspace(context: WorkspaceContext): Promise<ResolvedConfig> {
  const { cwd, named, env, plugins: builtins, drivers, api, signal } = context;
  const code: CodeOptions = { api, deadlineMs: DEADLINE_MS, signal };
  const file = await findConfig(cwd, named);
  await context.beforeLoading?.(file);
  const loaded = await loadFile(file, code);
  const config = parseConfig(loaded.raw, loaded.source);
  const host = hostFacts(env);
  const { plugins, files } = await loadPlugins(file, config.plugins ?? [], {
    builtins,
    home: host.home,
    code,
  });
  const codeFiles = [...new Set([...loaded.files, ...files])];
  const resolved = resolveConfig({ file, config, plugins, codeFiles, host });
  if (!drivers.includes(resolved.driver))
    throw badConfig(loaded.source, [
      {
        path: ['driver'],
        text: `driver is ${JSON.stringify(resolved.driver)}; it must be one of: ${drivers.join(', ')}`,
      },
    ]);
  return context.checksFiles === false ? resolved : checkFiles(resolved);
}
