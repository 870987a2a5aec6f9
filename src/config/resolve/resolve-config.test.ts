import { describe, expect, test } from 'vitest';
import type { LoadedPlugin, ResolvedConfig } from '../resolved-config.ts';
import type { Plugin, WorkspaceConfig } from '../workspace-config.ts';
import { resolveConfig } from './resolve-config.ts';
import type { HostFacts } from './resolve-config.ts';

const HOST: HostFacts = { cpus: 8, memoryMB: 32_000, home: '/home/u' };
const PROJECT = {
  type: 'share',
  source: '/p/My App',
  target: '~/workspace',
  readonly: false,
  optional: false,
  origin: 'default',
};

/** Shaped like scala-sbt: a tool with a cache that is streamed in after the boot. */
const SBT: Plugin = {
  name: 'sbt-like',
  packages: ['openjdk-17-jdk-headless', 'curl'],
  domains: ['repo1.maven.org', 'example.com'],
  scripts: [{ name: 'install sbt', run: 'true' }],
  hooks: { postUp: ['echo warm'] },
  caches: [{ name: 'coursier', host: { path: '~/.cache/coursier' }, guest: '~/.cache/coursier' }],
};
const OTHER: Plugin = {
  name: 'other',
  packages: ['curl', 'jq'],
  scripts: ['other.sh'],
  mounts: [{ source: '~/.other', target: '~/.other', optional: true }],
  hooks: { preUp: ['other pre'], postUp: ['other post'] },
};

test('the defaults', () => {
  const { machineDigest, ...rest } = resolve({});
  expect(machineDigest).toMatch(/^[0-9a-f]{64}$/);
  expect(rest).toEqual({
    directory: '/p/My App',
    file: '/p/My App/dewar.config.ts',
    codeFiles: [],
    name: 'my-app',
    resources: { vcpus: 8, memoryMB: 16_000, diskGB: 64 },
    mounts: [PROJECT],
    network: { mode: 'filtered', domains: [], ports: [80, 443], ranges: [] },
    packages: [],
    env: {},
    scripts: [],
    hooks: { preUp: [], postUp: [], preDown: [], postDown: [] },
    plugins: [],
    image: 'systemd',
    driver: 'qemu',
    origins: {
      name: 'default',
      'resources.vcpus': 'default',
      'resources.memoryMB': 'default',
      'resources.diskGB': 'default',
      'network.mode': 'default',
      'network.ports[0]': 'default',
      'network.ports[1]': 'default',
      image: 'default',
      driver: 'default',
    },
  });
});

test.each([
  [32_000, 16_000],
  [6_000, 4_096],
  [4_096, 4_096],
  [2_000, 2_000],
])('memory by default on a host with %i MB: %i', (memoryMB, expected) => {
  expect(resolve({}, [], { ...HOST, memoryMB }).resources.memoryMB).toBe(expected);
});

describe('merging', () => {
  test.each<[string, WorkspaceConfig, Plugin[], Partial<ResolvedConfig>]>([
    [
      'lists concatenate without duplicates: plugins in their order, then the user',
      { packages: ['jq', 'gcc'], network: { domains: ['example.com', 'a.org'], ports: [443, 8080] } },
      [SBT, OTHER],
      {
        packages: ['openjdk-17-jdk-headless', 'curl', 'jq', 'gcc'],
        network: {
          mode: 'filtered',
          domains: ['repo1.maven.org', 'example.com', 'a.org'],
          ports: [80, 443, 8080],
          ranges: [],
        },
      },
    ],
    [
      'the order of plugins is that of the config',
      {},
      [OTHER, SBT],
      { packages: ['curl', 'jq', 'openjdk-17-jdk-headless'] },
    ],
    [
      "scalars are the user's",
      {
        name: 'x',
        image: 'minimal',
        driver: 'qemu',
        resources: { vcpus: 1, memoryMB: 256, diskGB: 4 },
        network: { mode: 'off' },
      },
      [SBT],
      {
        name: 'x',
        image: 'minimal',
        resources: { vcpus: 1, memoryMB: 256, diskGB: 4 },
        network: { mode: 'off', domains: ['repo1.maven.org', 'example.com'], ports: [80, 443], ranges: [] },
      },
    ],
    [
      'one scalar of the user leaves the others',
      { resources: { vcpus: 3 } },
      [],
      { resources: { vcpus: 3, memoryMB: 16_000, diskGB: 64 } },
    ],
    [
      "hooks of one moment run in the order of plugins, then the user's",
      { hooks: { postUp: ['mine'] } },
      [SBT, OTHER],
      {
        hooks: {
          preUp: [{ run: 'other pre', origin: 'plugin other' }],
          postUp: [
            { run: { warmCaches: 'sbt-like' }, origin: 'plugin sbt-like' },
            { run: 'echo warm', origin: 'plugin sbt-like' },
            { run: 'other post', origin: 'plugin other' },
            { run: 'mine', origin: 'user' },
          ],
          preDown: [],
          postDown: [],
        },
      },
    ],
    [
      'the same hook or script twice runs twice',
      { hooks: { preDown: ['x', 'x'] } },
      [],
      {
        hooks: {
          preUp: [],
          postUp: [],
          preDown: [
            { run: 'x', origin: 'user' },
            { run: 'x', origin: 'user' },
          ],
          postDown: [],
        },
      },
    ],
    [
      "env is the user's, and is not read",
      { env: { A: 'x', B: { fromEnv: 'HOME' } } },
      [SBT],
      { env: { A: 'x', B: { fromEnv: 'HOME' } } },
    ],
  ])('%s', (_, config, plugins, expected) => {
    expect(resolve(config, plugins)).toMatchObject(expected);
  });

  test('a plugin with a cache has its hook, and no mount of the cache', () => {
    const { mounts, hooks, plugins } = resolve({}, [SBT]);
    expect(mounts).toEqual([PROJECT]);
    expect(hooks.postUp).toEqual([
      { run: { warmCaches: 'sbt-like' }, origin: 'plugin sbt-like' },
      { run: 'echo warm', origin: 'plugin sbt-like' },
    ]);
    expect(resolve({ warmCaches: false }, [SBT]).hooks.postUp).toEqual([
      { run: 'echo warm', origin: 'plugin sbt-like' },
    ]);
    expect(plugins).toEqual([
      { name: 'sbt-like', from: { type: 'built-in' }, caches: SBT.caches, commands: {} },
    ]);
  });

  test('each value knows where it came from', () => {
    const { origins, scripts } = resolve(
      {
        packages: ['gcc'],
        scripts: ['s/mine.sh', { run: 'true' }],
        env: { T: 'x' },
        resources: { vcpus: 2 },
      },
      [SBT, OTHER],
    );
    expect(origins).toMatchObject({
      'packages[0]': 'plugin sbt-like',
      'packages[1]': 'plugin sbt-like',
      'packages[2]': 'plugin other',
      'packages[3]': 'user',
      'network.domains[0]': 'plugin sbt-like',
      'network.ports[0]': 'default',
      'env.T': 'user',
      'resources.vcpus': 'user',
      'resources.memoryMB': 'default',
    });
    const common = { as: 'user', timeoutSeconds: 1800 };
    expect(scripts).toEqual([
      { name: 'install sbt', source: { text: 'true' }, ...common, origin: 'plugin sbt-like' },
      { name: 'other.sh', source: { path: '/p/My App/other.sh' }, ...common, origin: 'plugin other' },
      { name: 'mine.sh', source: { path: '/p/My App/s/mine.sh' }, ...common, origin: 'user' },
      { name: 'script 2', source: { text: 'true' }, ...common, origin: 'user' },
    ]);
  });

  test('paths of a plugin module are from its own directory', () => {
    const plugin: Plugin = { name: 'm', scripts: ['s.sh'], mounts: [{ source: 'd', target: '~/d' }] };
    const { scripts, mounts } = resolveConfig({
      file: '/p/dewar.config.ts',
      config: {},
      plugins: [{ plugin, from: { type: 'module', path: '/q/m/plugin.ts' } }],
      codeFiles: [],
      host: HOST,
    });
    expect(scripts[0]?.source).toEqual({ path: '/q/m/s.sh' });
    expect(mounts).toContainEqual(expect.objectContaining({ source: '/q/m/d' }));
  });
});

describe('mounts', () => {
  test.each<[string, WorkspaceConfig['mounts'], string[]]>([
    [
      'the project stays beside others',
      [{ source: '~/data', target: '~/data' }],
      ['/p/My App ~/workspace', '/home/u/data ~/data'],
    ],
    ['the user has the project elsewhere', [{ source: '.', target: '/src' }], ['/p/My App /src']],
    ['the user has something else there', [{ source: '/q', target: '~/workspace' }], ['/q ~/workspace']],
    ['a tmpfs in its place', [{ tmpfs: true, target: '~/workspace' }], ['tmpfs ~/workspace']],
    [
      'what lies in another comes after it',
      [
        { tmpfs: true, target: '~/workspace/a/b' },
        { source: '/a', target: '~/workspace/a' },
        { source: '/home', target: '/mnt' },
      ],
      ['/home /mnt', '/p/My App ~/workspace', '/a ~/workspace/a', 'tmpfs ~/workspace/a/b'],
    ],
  ])('%s', (_, mounts = [], expected) => {
    const resolved = resolve({ mounts }).mounts;
    expect(resolved.map((one) => `${one.type === 'share' ? one.source : 'tmpfs'} ${one.target}`)).toEqual(
      expected,
    );
  });

  test('a plugin that mounts the project somewhere takes nothing from the user', () => {
    const plugin: Plugin = { name: 'm', mounts: [{ source: '.', target: '/m' }] };
    expect(resolve({}, [plugin]).mounts.map(({ target }) => target)).toEqual(['/m', '~/workspace']);
  });

  test('two on one target are an error that names both', () => {
    const mounts = [{ source: '/a', target: '~/.other' }];
    expect(() => resolve({ mounts }, [OTHER])).toThrow(
      '/p/My App/dewar.config.ts: mounts: ~/.other is mounted on by the plugin other and the user',
    );
    expect(() => resolve({ mounts: [...mounts, ...mounts] })).toThrow(
      '~/.other is mounted on twice by the user',
    );
  });
});

describe('the digest of the machine', () => {
  test.each<[string, WorkspaceConfig]>([
    ['name', { name: 'x' }],
    ['env', { env: { A: 'x' } }],
    ['scripts', { scripts: ['a.sh'] }],
    ['mounts', { mounts: [{ tmpfs: true, target: '/t' }] }],
    ['what is the default', { image: 'systemd', resources: { vcpus: 8 } }],
  ])('stays: %s', (_, config) => {
    expect(digest(config)).toBe(digest({}));
  });

  test.each<[string, WorkspaceConfig]>([
    ['vcpus', { resources: { vcpus: 7 } }],
    ['memory', { resources: { memoryMB: 300 } }],
    ['disk', { resources: { diskGB: 3 } }],
    ['packages', { packages: ['jq'] }],
    ['image', { image: 'minimal' }],
    ['driver', { driver: 'local' }],
    ['no network', { network: { mode: 'off' } }],
    ['another mode of the network', { network: { mode: 'open' } }],
    ['domains', { network: { domains: ['a.org'] } }],
    ['ports', { network: { ports: [8080] } }],
    ['ranges', { network: { ranges: ['10.1.0.0/16'] } }],
  ])('changes: %s', (_, config) => {
    expect(digest(config)).not.toBe(digest({}));
  });

  test('does not depend on domains where the network is open', () => {
    const open = { mode: 'open' } as const;
    expect(digest({ network: { ...open, domains: ['a.org'] } })).toBe(digest({ network: open }));
  });

  test('does not depend on who asked for a package, nor on the order', () => {
    const plugin: Plugin = { name: 'p', packages: ['jq'] };
    expect(digest({ packages: ['gcc'] }, [plugin])).toBe(digest({ packages: ['jq', 'gcc'] }));
  });
});

function resolve(config: WorkspaceConfig, plugins: Plugin[] = [], host: HostFacts = HOST): ResolvedConfig {
  const loaded = plugins.map((plugin): LoadedPlugin => ({ plugin, from: { type: 'built-in' } }));
  return resolveConfig({ file: '/p/My App/dewar.config.ts', config, plugins: loaded, codeFiles: [], host });
}

function digest(config: WorkspaceConfig, plugins: Plugin[] = []): string {
  return resolve(config, plugins).machineDigest;
}
