import { expect, test } from 'vitest';
import { checkPackageNames } from './package-names.ts';

test.each(['git', 'g++', 'libstdc++6', 'python3.11', '0ad', 'xz-utils'])('%s is a name', (name) => {
  expect(() => checkPackageNames([name])).not.toThrow();
});

test.each([
  '-oDpkg::Options::=x',
  '--allow-unauthenticated',
  'git=1:2.39',
  'git/trixie',
  'git-',
  'git:i386',
  'lib.*',
  '?essential',
  'a b',
  'Git',
  'git\n',
  './git.deb',
  '',
])('%j is none', (name) => {
  expect(() => checkPackageNames(['git', name])).toThrow(
    expect.objectContaining({
      code: 'BAD_PACKAGE_NAME',
      message: expect.stringContaining(JSON.stringify(name)) as string,
    }),
  );
});
