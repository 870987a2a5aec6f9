import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadWorkspace } from '../config/load-workspace.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { Plugin } from '../config/workspace-config.ts';
import { registry } from './commands/index.ts';
import { findPlugin, PLUGIN_NAMES } from '../builtins.ts';

const scratch: string[] = [];
afterEach(async () => {
  for (const path of scratch.splice(0)) await rm(path, { recursive: true, force: true });
});

/** As `dewar config` has it. */
async function resolved(names: readonly string[]): Promise<ResolvedConfig> {
  const directory = await mkdtemp('/var/tmp/dewar-test-builtins-');
  scratch.push(directory);
  await writeFile(join(directory, 'dewar.config.json'), JSON.stringify({ name: 'shop', plugins: names }));
  return loadWorkspace({
    cwd: directory,
    env: { HOME: join(directory, 'nobody') },
    plugins: { names: PLUGIN_NAMES, find: findPlugin },
    drivers: ['qemu'],
    api: () => Promise.resolve({}),
  });
}

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
    expect(PLUGIN_NAMES.toSorted()).toEqual([
      'aws',
      'bazel',
      'cargo',
      'claude-code',
      'go',
      'gradle',
      'maven',
      'node',
      'python',
      'scala-sbt',
    ]);
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
      'cargo-git',
      'cargo-registry',
      'coursier',
      'go-modules',
      'gradle-modules',
      'gradle-wrapper',
      'ivy',
      'maven-repository',
      'maven-wrapper',
      'npm',
      'pip',
      'pnpm',
      'sbt-boot',
      'uv',
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

  it('are taken by a config, all of them together', async () => {
    const config = await resolved(PLUGIN_NAMES);
    expect(config.plugins.map(({ name, from }) => [name, from.type])).toEqual(
      PLUGIN_NAMES.map((name) => [name, 'built-in']),
    );
    expect(config.packages.filter((name) => name === 'nodejs')).toHaveLength(1);
    expect(config.scripts.map(({ name }) => name)).toEqual([
      'install bazelisk',
      'install claude-code',
      'write credentials of maven repositories',
      'install sbt and scala-cli',
    ]);
  });

  it('a resolved config with scala-sbt has no mount of a cache and has its post-up hook', async () => {
    const { directory, mounts, hooks, plugins } = await resolved(['scala-sbt']);
    expect(mounts.map(({ type, target, origin }) => [type, target, origin])).toEqual([
      ['share', '~/workspace', 'default'],
      ['tmpfs', '~/.sbt/credentials', 'plugin scala-sbt'],
    ]);
    expect(mounts[0]).toMatchObject({ source: directory });
    expect(hooks.postUp).toEqual([
      { run: { warmCaches: 'scala-sbt' }, origin: 'plugin scala-sbt' },
      { run: expect.any(Function), origin: 'plugin scala-sbt' },
    ]);
    expect(plugins[0]?.caches.map(({ name }) => name)).toEqual(['coursier', 'ivy', 'sbt-boot']);
  });

  it('that have caches have the command that streams them, and no others', async () => {
    const withCaches = (await plugins()).filter(({ caches = [] }) => caches.length > 0);
    const names = registry.commands.map(({ name }) => name).filter((name) => name.endsWith(' warm-cache'));
    expect(names.toSorted()).toEqual(withCaches.map(({ name }) => `${name} warm-cache`).toSorted());
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
