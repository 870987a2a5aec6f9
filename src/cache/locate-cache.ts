import { join } from 'node:path';
import { expandHostPath } from '../config/rules/host-path.ts';
import type { CacheConfig } from '../config/workspace-config.ts';

/** Where a cache is, on both sides. */
export interface CachePlace {
  name: string;
  /** Absolute; nothing need be there. */
  host: string;
  /** The variable that says so; undefined: it is the tool's own place. */
  variable: string | undefined;
  /** Absolute. */
  guest: string;
  exclude: readonly string[];
  unpacked: readonly string[];
}

/**
 * Finds a cache as its tool would: by the first of the tool's variables that is set.
 * @param env of this host's user
 * @param homes absolute
 */
export function locateCache(
  { name, host, guest, exclude = [], unpacked = [] }: CacheConfig,
  env: Readonly<Record<string, string>>,
  homes: { host: string; guest: string },
): CachePlace {
  const inGuest = guest.startsWith('~/') ? join(homes.guest, guest.slice(2)) : guest;
  for (const override of host.overrides ?? []) {
    const { name: variable, below = '' } = typeof override === 'string' ? { name: override } : override;
    const value = env[variable];
    if (value === undefined || value === '') continue;
    const path = join(expandHostPath(value, homes.host, homes.host), below);
    return { name, host: path, variable, guest: inGuest, exclude, unpacked };
  }
  const path = expandHostPath(host.path, homes.host, homes.host);
  return { name, host: path, variable: undefined, guest: inGuest, exclude, unpacked };
}
