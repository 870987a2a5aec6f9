import { describe, expect, test } from 'vitest';
import { standardDomain } from './domain.ts';
import { standardGuestPath, standardMountTarget } from './guest-path.ts';
import { expandHostPath, standardHostPath } from './host-path.ts';
import { standardRange } from './range.ts';
import { WORDS } from './words.ts';

const LONG_LABEL = 'a'.repeat(64);

describe('a domain', () => {
  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com'],
    ['registry-1.docker.io', 'registry-1.docker.io'],
    ['localhost', 'localhost'],
    ['münchen.de', 'xn--mnchen-3ya.de'],
    ['日本.jp', 'xn--wgv71a.jp'],
    ['3com.com', '3com.com'],
  ])('%j is %s', (text, value) => {
    expect(standardDomain(text)).toEqual({ value });
  });

  test.each([
    ['*.example.com', /without wildcard/],
    ['.example.com', /without wildcard/],
    ['https://example.com', /without scheme, port and path/],
    ['example.com:443', /without scheme, port and path/],
    ['example.com/path', /without scheme, port and path/],
    ['user@example.com', /without scheme/],
    ['ex%61mple.com', /without scheme/],
    ['exa mple.com', /without scheme/],
    ['example.com\nevil.com', /without scheme/],
    ['example.com\0', /without scheme/],
    ['1.2.3.4', /not an address/],
    ['127.1', /not an address/],
    ['0x7f.1', /not an address/],
    ['1２7.0.0.1', /not an address/],
    ['[::1]', /without scheme/],
    ['', /the name of a host/],
    ['.', /without wildcard/],
    ['a..b', /the name of a host/],
    ['-a.com', /the name of a host/],
    ['a-.com', /the name of a host/],
    ['a_b.com', /the name of a host/],
    [`${LONG_LABEL}.com`, /the name of a host/],
    [`${'abc.'.repeat(70)}com`, /the name of a host/],
    ["a'b.com", /the name of a host/],
    ['a$(id).com', /the name of a host/],
  ])('%j is refused', (text, mustBe) => {
    expect(standardDomain(text)).toEqual({ mustBe: expect.stringMatching(mustBe) });
  });
});

describe('a range', () => {
  test.each([
    ['10.1.0.0/16', '10.1.0.0/16'],
    ['10.1.2.3/16', '10.1.0.0/16'],
    ['192.168.1.7', '192.168.1.7/32'],
    ['10.0.0.0/8', '10.0.0.0/8'],
  ])('%j is %s', (text, value) => {
    expect(standardRange(text)).toEqual({ value });
  });

  test.each(['0.0.0.0/0', '8.0.0.0/7', 'fd00::/8', '10.1/16', '10.1.0.0/33', 'example.com', ''])(
    '%j is refused',
    (text) => {
      expect(standardRange(text)).toEqual({ mustBe: expect.stringMatching(/10\.1\.0\.0\/16/) });
    },
  );
});

describe('a path of the guest', () => {
  test.each([
    ['/srv/data', '/srv/data'],
    ['/srv//data/./x/', '/srv/data/x'],
    ['~/a b/"c"\n-d', '~/a b/"c"\n-d'],
    ['~//a/', '~/a'],
    ['/home/dewar/a', '~/a'],
    ['/home/dewarx/a', '/home/dewarx/a'],
    ['/~', '/~'],
  ])('%j is %j', (text, value) => {
    expect(standardGuestPath(text)).toEqual({ value });
  });

  test.each([
    '',
    'a',
    './a',
    '../a',
    '~',
    '~/',
    '~root/a',
    '~/../x',
    '/a/../etc',
    '/a/..',
    '/a\0b',
    '/home/dewar',
    '/home/dewar/',
  ])('%j is refused', (text) => {
    expect(standardGuestPath(text)).toHaveProperty('mustBe');
  });

  test.each([
    '/',
    '//',
    '/.',
    '/home',
    '/run',
    '/run/x',
    '//run/',
    '/proc',
    '/proc/1',
    '/sys',
    '/dev/shm',
    '/var/run/x',
    '~/.env',
    '~/.ssh',
    '~/.ssh/x',
    '/home/dewar/.ssh',
    '~//.ssh/',
  ])('nothing is mounted on %j', (text) => {
    expect(standardMountTarget(text)).toHaveProperty('mustBe');
  });

  test.each(['/runs', '/devel', '/home/x', '~/.sshx', '~/.env.d', '/etc/x'])(
    '%j may be mounted on',
    (text) => {
      expect(standardMountTarget(text)).toEqual({ value: text });
    },
  );
});

describe('a path of the host', () => {
  test.each([
    ['.', '/p'],
    ['a b', '/p/a b'],
    ['../x', '/x'],
    ['-x', '/p/-x'],
    ['/abs', '/abs'],
    ['~', '/home/u'],
    ['~/x', '/home/u/x'],
    ['./~x', '/p/~x'],
  ])('%j is %j', (text, path) => {
    expect(standardHostPath(text)).toEqual({ value: text });
    expect(expandHostPath(text, '/p', '/home/u')).toBe(path);
  });

  test.each(['', 'a\0b', '~root/x'])('%j is refused', (text) => {
    expect(standardHostPath(text)).toHaveProperty('mustBe');
  });
});

test.each([
  [
    'name',
    ['a', '0', 'a-b', 'a'.repeat(32)],
    ['', '-a', 'a-', 'A', 'a_b', 'a b', 'a'.repeat(33), 'ä', 'a\n', '../a', '__proto__'],
  ],
  [
    'debianPackage',
    ['jq', 'g++', 'libstdc++6', 'python3.11', '0ad'],
    [
      '',
      'a',
      '-jq',
      'jq-',
      'jq=1.6',
      'jq/bookworm',
      'jq:i386',
      'jq*',
      '^jq',
      'JQ',
      'jq\n',
      'a b',
      '--force',
      './x.deb',
    ],
  ],
  ['variable', ['A', '_a1', 'path'], ['', '1A', 'A-B', 'A B', 'A=B', 'A\n', 'Ä']],
  ['image', ['systemd', '0123abcd'], ['', '-x', 'A', '../x', 'a/b', 'a\n']],
] as const)('of what form a %s is', (kind, good, bad) => {
  const { pattern } = WORDS[kind];
  expect(good.filter((word) => !pattern.test(word))).toEqual([]);
  expect(bad.filter((word) => pattern.test(word))).toEqual([]);
});
