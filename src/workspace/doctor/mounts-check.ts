import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { CacheConfig } from '../../config/workspace-config.ts';
import { expandHostPath } from '../../config/rules/host-path.ts';
import { guestPath } from '../guest-user.ts';
import { workspaceCheck } from './check.ts';
import { judgeMounts } from './judge-mounts.ts';
import type { KnownCache } from './judge-mounts.ts';

/** Warns of mounts that go wrong later. */
export const mountsCheck: ReturnType<typeof workspaceCheck> = workspaceCheck({
  id: 'mounts',
  title: 'mounts',
  async run(config, { env, caches }) {
    const home = env['HOME'] ?? homedir();
    const known = [...caches, ...config.plugins.flatMap((plugin) => plugin.caches)];
    const mounts = await Promise.all(
      config.mounts.map(async (mount) => ({
        source:
          mount.type === 'share' ? { named: mount.source, real: await followed(mount.source) } : undefined,
        target: { named: mount.target, path: guestPath(mount.target) },
        origin: mount.origin,
      })),
    );
    const places = await Promise.all(known.map((cache) => placesOf(cache, home, env)));
    const found = judgeMounts(mounts, places, await followed(home));
    return found.length > 0 ? found : { level: 'ok', message: `${mounts.length}, none over a cache` };
  },
});

async function placesOf(
  { name, host, guest }: CacheConfig,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<KnownCache> {
  const overrides = (host.overrides ?? []).flatMap((override) => {
    const { name: variable, below } = typeof override === 'string' ? { name: override, below: '' } : override;
    const value = env[variable];
    return value === undefined || value === '' ? [] : [below === '' ? value : `${value}/${below}`];
  });
  const paths = [host.path, ...overrides].map((path) => expandHostPath(path, '/', home));
  return { name, hosts: await Promise.all(paths.map(followed)), guest: guestPath(guest) };
}

/** What is not there is where it says. */
async function followed(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
