import type { ConfigFunction, FromEnv, Plugin, WorkspaceConfig } from './workspace-config.ts';

/** Gives a config its type: `export default defineConfig({ … })`. */
export function defineConfig(config: WorkspaceConfig | ConfigFunction): WorkspaceConfig | ConfigFunction {
  return config;
}

/** Gives a plugin its type: `export default definePlugin({ … })`. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

/** @returns what stands in `env` for the value of this host's variable `name` at `dewar up` */
export function fromEnv(name: string): FromEnv {
  return { fromEnv: name };
}
