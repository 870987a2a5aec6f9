import { describe, expect, test } from 'vitest';
import { parseOsRelease } from './distribution.ts';
import { planSetup } from './plan-setup.ts';
import type { SetupPlan } from './plan-setup.ts';

const DEBIAN_13 = { id: 'debian', version: 13, name: 'Debian 13' };
const MISSING = ['qemu-system-x86', 'virtiofsd', 'perl-base'];

function planFor(id: string, version?: number, rights: 'root' | 'sudo' | 'none' = 'root'): SetupPlan {
  return planSetup({ distribution: { id, version, name: id }, packages: MISSING, rights });
}

describe('names of packages', () => {
  test.each([
    ['debian', 12, ['perl-base', 'qemu-system-common', 'qemu-system-x86']],
    ['debian', 13, ['perl-base', 'qemu-system-x86', 'virtiofsd']],
    ['debian', undefined, ['perl-base', 'qemu-system-x86', 'virtiofsd']],
    ['ubuntu', 23.04, ['perl-base', 'qemu-system-common', 'qemu-system-x86']],
    ['ubuntu', 24.04, ['perl-base', 'qemu-system-x86', 'virtiofsd']],
  ])('%s %d', (id, version, packages) => {
    expect(planFor(id, version)).toMatchObject({ packages, notes: [] });
  });

  test.each([
    ['debian', 11],
    ['ubuntu', 22.04],
  ])('%s %d has no QEMU that will do', (id, version) => {
    expect(planFor(id, version)).toMatchObject({
      packages: ['perl-base'],
      notes: [expect.stringContaining('older than 7.2')],
    });
  });

  test('those of another distribution are not known', () => {
    expect(planFor('fedora', 41)).toEqual({
      packages: MISSING,
      command: undefined,
      byHand: undefined,
      notes: [
        'of fedora, dewar does not know the packages; in Debian they are qemu-system-x86, virtiofsd, perl-base',
      ],
    });
  });
});

test.each([
  ['root', ['apt-get'], 'apt-get'],
  ['sudo', ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'], 'sudo apt-get'],
  ['none', undefined, 'sudo apt-get'],
] as const)('who may install: %s', (rights, words, typed) => {
  const rest = ['install', '-y', '--no-install-recommends', 'git'];
  const plan = planSetup({ distribution: DEBIAN_13, packages: ['git', 'git'], rights });
  expect(plan.command).toEqual(words && [...words, ...rest]);
  expect(plan.byHand).toBe([typed, ...rest].join(' '));
});

test.each([
  [
    'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'debian',
    12,
    'Debian GNU/Linux 12 (bookworm)',
  ],
  ["NAME=Ubuntu\nID=ubuntu\nVERSION_ID='24.04'\n", 'ubuntu', 24.04, 'Ubuntu'],
  [
    'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n# a comment\n',
    'debian',
    undefined,
    'Debian GNU/Linux forky/sid',
  ],
  ['', 'linux', undefined, 'this Linux'],
])('os-release %j', (text, id, version, name) => {
  expect(parseOsRelease(text)).toEqual({ id, version, name });
});
