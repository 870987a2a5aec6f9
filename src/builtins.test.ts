import { describe, expect, it } from 'vitest';
import type { Plugin } from './config/workspace-config.ts';
import { findPlugin, PLUGIN_NAMES } from './builtins.ts';

async function plugins(): Promise<Plugin[]> {
  const found = await Promise.all(PLUGIN_NAMES.map((name) => findPlugin(name)));
  return found.filter((plugin) => plugin !== undefined);
}

/** @returns whether one path is the other, or in it */
function touches(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}

describe('built-in plugins', () => {
  it('are found by their names', async () => {
    expect((await plugins()).map(({ name }) => name)).toEqual(PLUGIN_NAMES);
    expect(PLUGIN_NAMES.toSorted()).toEqual(['aws', 'bazel', 'claude-code', 'node', 'scala-sbt']);
    expect(await findPlugin('__proto__')).toBeUndefined();
    expect(await findPlugin('toString')).toBeUndefined();
  });

  it('bring no env', async () => {
    expect((await plugins()).filter((plugin) => 'env' in plugin)).toEqual([]);
  });

  it('mount no cache, neither of the host nor over one of the guest', async () => {
    const all = await plugins();
    const caches = all.flatMap((plugin) => plugin.caches ?? []);
    expect(caches.map(({ name }) => name).toSorted()).toEqual([
      'bazel-repositories',
      'bazelisk',
      'coursier',
      'ivy',
      'npm',
      'pnpm',
      'sbt-boot',
    ]);
    const mounts = all.flatMap((plugin) => plugin.mounts ?? []);
    const clashes = mounts.filter((mount) =>
      caches.some(
        ({ host, guest }) =>
          touches(mount.target, guest) || ('source' in mount && touches(mount.source, host.path)),
      ),
    );
    expect(clashes).toEqual([]);
  });

  it('share nothing that the guest may write', async () => {
    const mounts = (await plugins()).flatMap((plugin) => plugin.mounts ?? []);
    expect(mounts.filter((mount) => 'source' in mount && mount.readonly !== true)).toEqual([]);
  });

  it('scala-sbt has its post-up hook, and no share at all', async () => {
    const plugin = await findPlugin('scala-sbt');
    expect(plugin?.hooks?.postUp).toHaveLength(1);
    expect(plugin?.mounts).toEqual([{ tmpfs: true, target: '~/.sbt/credentials' }]);
  });

  it('leave locks, half downloads and secrets out of their caches', async () => {
    const caches = (await plugins()).flatMap((plugin) => plugin.caches ?? []);
    const excluded = Object.fromEntries(caches.map(({ name, exclude }) => [name, exclude]));
    const always = {
      coursier: '**/*.part',
      ivy: '**/.credentials',
      'sbt-boot': '**/*.lock',
      npm: '**/.npmrc',
    };
    for (const [name, pattern] of Object.entries(always)) expect(excluded[name]).toContain(pattern);
    expect(caches.filter(({ exclude = [] }) => exclude.length === 0)).toEqual([]);
  });
});
