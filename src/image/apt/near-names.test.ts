import { expect, test } from 'vitest';
import { nearNames } from './near-names.ts';

const ALL = [
  'git',
  'gitk',
  'postgresql',
  'postgresql-15',
  'postgresql-client',
  'python3',
  'python3-pip',
  'nodejs',
  'nodejs-doc',
  'openjdk-17-jdk',
  'openjdk-17-jdk-headless',
  'zsh',
];

test.each([
  ['postgressql', ['postgresql']],
  ['pyhton3', ['python3']],
  ['nodejs-', ['nodejs', 'nodejs-doc']],
  ['openjdk', ['openjdk-17-jdk', 'openjdk-17-jdk-headless']],
  ['gti', ['git']],
  ['zzz', []],
  ['a', []],
])('near %s are %j', (wanted, near) => {
  expect(nearNames(wanted, ALL)).toEqual(near);
});
