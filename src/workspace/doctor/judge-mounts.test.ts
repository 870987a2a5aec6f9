import { describe, expect, test } from 'vitest';
import { judgeMounts } from './judge-mounts.ts';
import type { SeenMount } from './judge-mounts.ts';

const HOME = '/home/me';
const NPM = {
  name: 'npm',
  hosts: [`${HOME}/.npm/_cacache`, '/big/npm/_cacache'],
  guest: '/home/dewar/.npm/_cacache',
};

function mount(source: string | undefined, target: string, origin = 'user'): SeenMount {
  return {
    source: source === undefined ? undefined : { named: source, real: source },
    target: { named: target, path: target },
    origin,
  };
}

const judge = (...mounts: SeenMount[]): string[] =>
  judgeMounts(mounts, [NPM], HOME).map(({ level, message }) => `${level}: ${message}`);

describe('a cache of a tool', () => {
  test.each([
    ['it itself, in the guest', mount('/data', NPM.guest)],
    ['what holds it, in the guest', mount('/data', '/home/dewar/.npm')],
    ['what lies in it, in the guest', mount('/data', `${NPM.guest}/tmp`)],
    ['it itself, on this host', mount(`${HOME}/.npm/_cacache`, '/data')],
    ['what holds it, on this host', mount(`${HOME}/.npm`, '/data', 'plugin own')],
    ['what lies in it, where a variable has it', mount('/big/npm/_cacache/index', '/data')],
  ])('is not to be shared live: %s', (_, seen) => {
    expect(judge(seen)).toEqual([expect.stringMatching(/^warning: .*\(npm\).*piles up file descriptors/)]);
  });

  test.each([
    ['beside it', mount(`${HOME}/.npmrc`, '/home/dewar/.npmrc')],
    ['a name that begins like it', mount(`${HOME}/.npm/_cacache2`, '/home/dewar/.npm/_cacache2')],
    ['the project', mount(`${HOME}/src/app`, '/home/dewar/workspace', 'default')],
  ])('is not touched by %s', (_, seen) => {
    expect(judge(seen)).toEqual([]);
  });

  test('a tmpfs over it is a note', () => {
    expect(judge(mount(undefined, '/home/dewar/.npm'))).toEqual([
      expect.stringMatching(/^note: the tmpfs .*npm/),
    ]);
  });
});

test.each([
  ['/', 'all of this host'],
  ['/home', "this user's home"],
  [HOME, "this user's home"],
])('%s in the guest is too much, which is said once', (source, what) => {
  expect(judge(mount(source, '/data'))).toEqual([
    expect.stringMatching(`^warning: .*gives the guest ${what}`),
  ]);
});

test('who brought the mount is said', () => {
  expect(judge(mount(`${HOME}/.npm`, '/a', 'plugin own'), mount(HOME, '/b', 'default'))).toEqual([
    expect.stringContaining('(of the plugin own)'),
    expect.stringContaining('(the project)'),
  ]);
});
