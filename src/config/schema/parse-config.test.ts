import { describe, expect, test } from 'vitest';
import type { DewarError } from '../../core/errors.ts';
import type { Plugin, WorkspaceConfig } from '../workspace-config.ts';
import { parseConfig, parsePlugin } from './parse-config.ts';

const SOURCE = { file: '/p/dewar.config.ts' };
const FULL_PLUGIN: Required<Plugin> = {
  name: 'p',
  packages: ['jq'],
  domains: ['example.com'],
  mounts: [{ tmpfs: true, target: '~/t' }],
  scripts: ['a.sh'],
  hooks: { preUp: ['true'] },
  caches: [
    {
      name: 'c',
      host: { path: '~/.c', overrides: ['C', { name: 'D', below: 'x' }] },
      guest: '~/.c',
      exclude: ['*.lock'],
    },
  ],
  commands: { greet: { summary: 'say hello', usage: '[--loud]', run: () => 0 } },
};
const FULL: Required<WorkspaceConfig> = {
  name: 'app',
  plugins: ['node', './p.ts', FULL_PLUGIN],
  resources: { vcpus: 2, memoryMB: 1024, diskGB: 8 },
  mounts: [
    { source: '.', target: '~/w', readonly: true, optional: false },
    { tmpfs: true, target: '/t' },
  ],
  network: { mode: 'open', domains: ['example.com'], ports: [8080] },
  packages: ['jq'],
  env: { A: 'text', B: { fromEnv: 'C' }, EMPTY: '', LINES: 'a\nb' },
  scripts: ['a.sh', { name: 's', run: 'true', as: 'root', timeoutSeconds: 5 }],
  hooks: { preUp: ['a'], postUp: [() => undefined], preDown: ['b'], postDown: ['c'] },
  warmCaches: false,
  image: 'systemd',
  driver: 'qemu',
};

test('every field of a config and of a plugin is known, and comes out as it is', () => {
  expect(parseConfig(FULL, SOURCE)).toEqual(FULL);
  expect(parsePlugin(FULL_PLUGIN, SOURCE)).toEqual(FULL_PLUGIN);
});

test('what may be absent may be undefined', () => {
  expect(parseConfig({ name: undefined, network: { mode: undefined } }, SOURCE)).toEqual({ network: {} });
});

test('domains and guest paths come out in their one spelling', () => {
  const config = parseConfig(
    { network: { domains: ['Example.COM.'] }, mounts: [{ tmpfs: true, target: '/home/dewar//t/' }] },
    SOURCE,
  );
  expect(config).toEqual({
    network: { domains: ['example.com'] },
    mounts: [{ tmpfs: true, target: '~/t' }],
  });
});

describe('what is wrong is named, with its place', () => {
  test.each<[unknown, string]>([
    [3, 'the config is 3; it must be an object'],
    [null, 'the config is empty (null); it must be an object'],
    [[], 'the config is a list; it must be an object'],
    [{ mounts: Promise.resolve([]) }, 'mounts is a promise; it must be a list of mounts'],
    [{ nmae: 'x' }, 'the config: unknown key "nmae"; did you mean name?'],
    [{ frobnicate: 1 }, 'the config: unknown key "frobnicate"; there are: name, plugins,'],
    [{ network: { prots: [] } }, 'network: unknown key "prots"; did you mean ports?'],
    [{ network: { ports: [80, 'https'] } }, 'network.ports[1] is "https"; it must be a port, a whole number'],
    [{ network: { ports: [0] } }, 'network.ports[0] is 0; it must be a port'],
    [{ network: { mode: 'closed' } }, 'network.mode is "closed"; it must be "open", "filtered" or "off"'],
    [{ name: '-x' }, 'name is "-x"; it must be 1 to 32 lower-case letters'],
    [{ resources: { memoryMB: 128 } }, 'resources.memoryMB is 128; it must be a number of megabytes'],
    [
      { resources: { vcpus: 257 } },
      'resources.vcpus is 257; it must be a number of CPUs, a whole number from 1 to 256',
    ],
    [{ resources: { vcpus: 1.5 } }, 'resources.vcpus is 1.5;'],
    [{ resources: { vcpus: NaN } }, 'resources.vcpus is NaN;'],
    [{ mounts: {} }, 'mounts is an object; it must be a list of mounts'],
    [
      { mounts: [3] },
      'mounts[0] is 3; it must be an object with source and target, or with tmpfs and target',
    ],
    [{ mounts: [{ target: '~/x' }] }, 'mounts[0].source is missing; it must be a path of this host'],
    [{ mounts: [{ source: '.' }] }, 'mounts[0].target is missing'],
    [
      { mounts: [{ source: '.', target: '/proc' }] },
      'mounts[0].target is "/proc"; it must be a directory of the guest',
    ],
    [{ mounts: [{ tmpfs: false, target: '/x' }] }, 'mounts[0].tmpfs is false; it must be true'],
    [
      { mounts: [{ source: '.', target: '~/x', readnly: true }] },
      'mounts[0]: unknown key "readnly"; did you mean readonly?',
    ],
    [{ scripts: [{}] }, 'scripts[0] is an object; it must be an object with either path or run'],
    [
      { scripts: [{ path: 'a', run: 'b' }] },
      'scripts[0] is an object; it must be an object with either path or run',
    ],
    [{ scripts: [{ run: 'a', as: 'me' }] }, 'scripts[0].as is "me"; it must be "user" or "root"'],
    [{ packages: ['-x'] }, 'packages[0] is "-x"; it must be the name of a Debian package alone'],
    [{ hooks: { postup: [] } }, 'hooks: unknown key "postup"; did you mean postUp?'],
    [{ hooks: { postUp: [3] } }, 'hooks.postUp[0] is 3; it must be a command of the shell, or a function'],
    [
      { plugins: [{ name: 'p', env: { A: 'x' } }] },
      "plugins[0]: a plugin has no env: a secret enters by the user's own config alone",
    ],
    [{ plugins: [3] }, 'plugins[0] is 3; it must be the name of a built-in plugin'],
    [{ env: { 'A B': 'x' } }, 'env: the name "A B" must be the name of a variable'],
    [{ env: [] }, 'env is a list; it must be an object of names and values'],
    [JSON.parse('{"env":{"__proto__":"x"}}'), 'env: unknown key "__proto__"'],
    [{ name: 'x'.repeat(500) }, `name is "${'x'.repeat(78)}…;`],
  ])('%j', (raw, message) => {
    expect(failureOf(raw)).toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(`/p/dewar.config.ts: ${message}`),
    });
  });

  test('all at once, ten at most', () => {
    const { message } = failureOf({ nmae: 1, packages: Array.from({ length: 20 }, () => '-') });
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toContain('unknown key "nmae"');
    expect(message).toMatch(/\nand 11 more$/);
  });

  test('a key that would be the prototype', () => {
    expect(failureOf(JSON.parse('{"__proto__":{"name":"x"}}')).message).toContain(
      'the config: unknown key "__proto__"',
    );
  });

  test('with the line where it is known', () => {
    const source = { file: '/p/c.yaml', placeOf: (path: readonly PropertyKey[]) => `${path.join('/')}!` };
    expect(() => parseConfig({ network: { ports: [0] } }, source)).toThrow(
      '/p/c.yaml:network/ports/0!: network.ports[0] is 0',
    );
  });
});

test.each([
  [{ TOKEN: { fromEnv: 'hunter2 hunter2' } }],
  [{ TOKEN: { fromEvn: 'hunter2' } }],
  [{ TOKEN: 'hunter2\0' }],
  [{ TOKEN: ['hunter2'] }],
  [{ TOKEN: 0xbeef }],
])('a value of env is not in the error for it: %#', (env) => {
  const { message, mend, cause } = failureOf({ env });
  expect(JSON.stringify({ message, mend, cause })).not.toMatch(/hunter2|48879/);
  expect(message).toContain('env.TOKEN');
});

test('a config is copied: what its code changes later does not count', () => {
  const raw = { packages: ['jq'], env: { A: 'x' } };
  const config = parseConfig(raw, SOURCE);
  raw.packages.push('evil');
  raw.env.A = 'y';
  expect(config).toEqual({ packages: ['jq'], env: { A: 'x' } });
});

function failureOf(raw: unknown): DewarError {
  try {
    parseConfig(raw, SOURCE);
  } catch (error) {
    return error as DewarError;
  }
  throw new Error('it was taken');
}
