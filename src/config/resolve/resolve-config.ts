import { dirname } from 'node:path';
import type {
  LoadedPlugin,
  Origin,
  ResolvedConfig,
  ResolvedHook,
  ResolvedPlugin,
} from '../resolved-config.ts';
import type { CacheConfig, Hooks, WorkspaceConfig } from '../workspace-config.ts';
import type { Layer } from './layer.ts';
import { machineDigest } from './machine-digest.ts';
import { mergeLists } from './merge-lists.ts';
import { resolveMounts } from './resolve-mounts.ts';
import { resolveScripts } from './resolve-scripts.ts';
import { workspaceName } from './workspace-name.ts';

export interface ResolveInput {
  /** The config; absolute, and its directory's links are resolved. */
  file: string;
  /** Checked: see `parseConfig`. */
  config: WorkspaceConfig;
  /** Those of `config.plugins`, in this order; checked. */
  plugins: readonly LoadedPlugin[];
  codeFiles: readonly string[];
  host: HostFacts;
}

/** What defaults depend on. */
export interface HostFacts {
  cpus: number;
  memoryMB: number;
  /** Of the user; absolute. */
  home: string;
}

const DEFAULTS = {
  ports: [80, 443],
  mode: 'filtered',
  diskGB: 64,
  leastMemoryMB: 4096,
  image: 'systemd',
  driver: 'qemu',
} as const;

/**
 * Merges the defaults, then the plugins in their order, then the user's config. Reads no file and no variable.
 * @throws DewarError BAD_CONFIG for what clashes
 */
export function resolveConfig(input: ResolveInput): ResolvedConfig {
  const { file, config, plugins, codeFiles, host } = input;
  const directory = dirname(file);
  const origins: Record<string, Origin> = {};
  const scalar = <T>(path: string, said: T | undefined, otherwise: T): T => {
    origins[path] = said === undefined ? 'default' : 'user';
    return said ?? otherwise;
  };
  const layers = plugins.map(({ plugin, from }) => ({
    ...plugin,
    origin: `plugin ${plugin.name}` as const,
    directory: from.type === 'module' ? dirname(from.path) : directory,
  }));
  const user = { ...config, origin: 'user' as const, directory };
  const everyone = [...layers, user];
  const { resources = {}, network = {} } = config;
  const resolved: Omit<ResolvedConfig, 'machineDigest'> = {
    directory,
    file,
    codeFiles,
    name: scalar('name', config.name, workspaceName(directory)),
    resources: {
      vcpus: scalar('resources.vcpus', resources.vcpus, Math.min(host.cpus, 256)),
      memoryMB: scalar('resources.memoryMB', resources.memoryMB, defaultMemory(host.memoryMB)),
      diskGB: scalar('resources.diskGB', resources.diskGB, DEFAULTS.diskGB),
    },
    mounts: resolveMounts(file, everyone, host.home),
    network: {
      mode: scalar('network.mode', network.mode, DEFAULTS.mode),
      domains: mergeLists(
        'network.domains',
        [...layers, { domains: network.domains, origin: 'user' as const }].map(({ domains, origin }) => ({
          items: domains,
          origin,
        })),
        origins,
      ),
      ports: mergeLists(
        'network.ports',
        [
          { items: DEFAULTS.ports, origin: 'default' },
          { items: network.ports, origin: 'user' },
        ],
        origins,
      ),
      ranges: mergeLists('network.ranges', [{ items: network.ranges, origin: 'user' }], origins),
    },
    packages: mergeLists(
      'packages',
      everyone.map(({ packages, origin }) => ({ items: packages, origin })),
      origins,
    ),
    env: config.env ?? {},
    scripts: resolveScripts(everyone, host.home),
    hooks: mergeHooks(everyone, config.warmCaches ?? true),
    plugins: plugins.map(toResolved),
    image: scalar('image', config.image, DEFAULTS.image),
    driver: scalar('driver', config.driver, DEFAULTS.driver),
    origins,
  };
  for (const name of Object.keys(resolved.env)) origins[`env.${name}`] = 'user';
  return { ...resolved, machineDigest: machineDigest(resolved) };
}

function toResolved({ plugin: { name, caches = [], commands = {} }, from }: LoadedPlugin): ResolvedPlugin {
  return { name, from, caches, commands };
}

type HookLayer = Layer & { name?: string; hooks?: Hooks; caches?: readonly CacheConfig[] };

/** @param warm false: caches are streamed by their commands alone */
function mergeHooks(everyone: readonly HookLayer[], warm: boolean): ResolvedConfig['hooks'] {
  const at = (moment: keyof Hooks): ResolvedHook[] =>
    everyone.flatMap(({ hooks, origin }) => (hooks?.[moment] ?? []).map((run) => ({ run, origin })));
  // Before all others, which may need what is in them.
  const warming = everyone.flatMap(({ name, caches = [], origin }) =>
    warm && name !== undefined && caches.length > 0 ? [{ run: { warmCaches: name }, origin }] : [],
  );
  return {
    preUp: at('preUp'),
    postUp: [...warming, ...at('postUp')],
    preDown: at('preDown'),
    postDown: at('postDown'),
  };
}

/** Half of it, but not too little for a build, and never more than there is. */
function defaultMemory(hostMB: number): number {
  return Math.min(hostMB, Math.max(DEFAULTS.leastMemoryMB, Math.floor(hostMB / 2)));
}
