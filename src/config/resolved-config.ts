import type { CacheConfig, Hook, Hooks, Plugin, PluginCommand, WorkspaceConfig } from './workspace-config.ts';

/** A config with its defaults and plugins: everything is there, and paths of this host are absolute. */
export interface ResolvedConfig {
  /** Where the config lies; absolute, links resolved. */
  directory: string;
  /** The config itself; absolute. */
  file: string;
  /** The config, the modules of plugins, and what they import, as far as it is known: code that this host runs. */
  codeFiles: readonly string[];
  name: string;
  resources: { vcpus: number; memoryMB: number; diskGB: number };
  /** No two on one target; what lies in another mount's target comes after it. */
  mounts: readonly ResolvedMount[];
  network: {
    mode: NetworkMode;
    /** Lower case, in the letters of DNS (`xn--…`). */
    domains: readonly string[];
    ports: readonly number[];
    ranges: readonly string[];
  };
  packages: readonly string[];
  /** Not read yet: see `resolveEnv`. Secret. */
  env: NonNullable<WorkspaceConfig['env']>;
  /** In the order in which they run. */
  scripts: readonly ResolvedScript[];
  /** In the order in which they run. */
  hooks: Record<keyof Hooks, readonly ResolvedHook[]>;
  /** In the order of the config. */
  plugins: readonly ResolvedPlugin[];
  image: string;
  driver: string;
  /** Of the scalars (`resources.vcpus`), of the texts and numbers in lists (`packages[2]`) and of names (`env.TOKEN`). */
  origins: Readonly<Record<string, Origin>>;
  /** Hex; another one when the machine's hardware or image would be another. Nothing secret goes into it. */
  machineDigest: string;
}

export type NetworkMode = 'open' | 'filtered' | 'off';

/** Who said so. */
export type Origin = 'default' | 'user' | `plugin ${string}`;

export type ResolvedMount = ResolvedShare | ResolvedTmpfs;

export interface ResolvedShare {
  type: 'share';
  /** Absolute. */
  source: string;
  /** Absolute, or `~/…` for the guest user's home. */
  target: string;
  readonly: boolean;
  optional: boolean;
  origin: Origin;
}

export interface ResolvedTmpfs {
  type: 'tmpfs';
  target: string;
  origin: Origin;
}

export interface ResolvedScript {
  name: string;
  /** A file of this host, absolute, or the text itself. */
  source: { path: string } | { text: string };
  as: 'user' | 'root';
  timeoutSeconds: number;
  origin: Origin;
}

export interface ResolvedHook {
  run: Hook | WarmCaches;
  origin: Origin;
}

/** What `dewar <plugin> warm-cache` does. */
export interface WarmCaches {
  warmCaches: string;
}

export interface ResolvedPlugin {
  name: string;
  from: PluginSource;
  caches: readonly CacheConfig[];
  commands: Readonly<Record<string, PluginCommand>>;
}

/** `path`: of the plugin's module, absolute. */
export type PluginSource = { type: 'built-in' } | { type: 'module'; path: string } | { type: 'inline' };

/** A plugin that the config asks for. */
export interface LoadedPlugin {
  plugin: Plugin;
  from: PluginSource;
}
