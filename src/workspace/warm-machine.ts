import { homedir } from 'node:os';
import { join } from 'node:path';
import { locateCache } from '../cache/locate-cache.ts';
import { warmCaches } from '../cache/warm-caches.ts';
import type { WarmResult } from '../cache/warm-caches.ts';
import type { ResolvedConfig, ResolvedPlugin } from '../config/resolved-config.ts';
import { WORKSPACE_NAMES } from '../core/names.ts';
import { DewarError } from '../core/errors.ts';
import type { Transport } from '../platform/ssh.ts';
import { GUEST_HOME, GUEST_IDS, GUEST_USER } from './guest-user.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

export interface WarmOptions {
  force?: boolean;
  dryRun?: boolean;
  /** Names of caches; all of the plugin when empty. */
  only?: readonly string[];
}

/**
 * Streams the caches of a plugin into a machine that is up.
 * @param root a connection of the guest's root
 * @throws DewarError NO_SUCH_CACHE; as `warmCaches`
 */
export async function warmMachine(
  { config, paths, root }: { config: ResolvedConfig; paths: StatePaths; root: Transport },
  name: string,
  { force = false, dryRun = false, only = [] }: WarmOptions,
  { env, emit, signal }: WorkspaceContext,
): Promise<WarmResult[]> {
  const homes = { host: env['HOME'] ?? homedir(), guest: GUEST_HOME };
  const caches = chosen(pluginOf(config, name), only).map((cache) => locateCache(cache, env, homes));
  return await warmCaches(
    { plugin: name, caches, force, dryRun },
    {
      ssh: root,
      user: { name: GUEST_USER, ...GUEST_IDS },
      lock: join(paths.directory, WORKSPACE_NAMES.warmLock),
      emit,
      signal,
    },
  );
}

function pluginOf(config: ResolvedConfig, name: string): ResolvedPlugin {
  const found = config.plugins.find((plugin) => plugin.name === name);
  if (found !== undefined) return found;
  throw new TypeError(`the plugin ${name} is none of the config`);
}

function chosen({ name, caches }: ResolvedPlugin, only: readonly string[]): ResolvedPlugin['caches'] {
  const wrong = only.filter((word) => !caches.some((cache) => cache.name === word));
  if (wrong.length > 0)
    throw new DewarError({
      code: 'NO_SUCH_CACHE',
      message: `the plugin ${name} has no cache ${wrong.map((word) => JSON.stringify(word)).join(', ')}`,
      mend: `its caches: ${caches.map((cache) => cache.name).join(', ') || 'none'}`,
    });
  return only.length === 0 ? caches : caches.filter((cache) => only.includes(cache.name));
}
