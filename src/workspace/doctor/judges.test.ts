import { describe, expect, test } from 'vitest';
import { judgeRoom } from './cache-check.ts';
import { judgeAcceleration } from './judge-acceleration.ts';
import { judgeDriver } from './judge-driver.ts';
import { judgeMachine } from './judge-machine.ts';
import { judgeTar } from './machine-checks.ts';
import { judgeKernel } from './share-checks.ts';

test.each([
  ['tar (GNU tar) 1.34', undefined],
  ['tar (GNU tar) 2.0', undefined],
  ['tar (GNU tar) 1.28', 'warning'],
  ['bsdtar 3.6.2 - libarchive 3.6.2', 'warning'],
  ['', 'warning'],
])('%s', (version, level) => {
  expect(judgeTar(version)?.level).toBe(level);
});

test.each([
  ['5.12.0', 'ok'],
  ['6.1.0-18-amd64', 'ok'],
  ['5.10.0-28-amd64', 'problem'],
  ['4.18.0', 'problem'],
])('Linux %s', (version, level) => {
  expect(judgeKernel(version).level).toBe(level);
});

test.each([
  [100, 'ok'],
  [5, 'warning'],
  [0.5, 'problem'],
])('%d GiB free', (free, level) => {
  expect(judgeRoom(free * 2 ** 30, 'cache').level).toBe(level);
});

test.each([
  ['absent', /nested virtualization/],
  ['forbidden', /usermod .* kvm/],
  ['there', /another host/],
] as const)('a guest is emulated where /dev/kvm is %s', (kvm, mend) => {
  expect(judgeAcceleration({ name: 'TCG', sandbox: true, emulated: true, why: 'because' }, kvm)).toEqual({
    level: 'warning',
    message: 'guests are emulated (TCG), which is right and slow: because',
    mend: expect.stringMatching(mend),
  });
});

test('KVM, and no sandbox', () => {
  expect(judgeAcceleration({ name: 'KVM', sandbox: false, emulated: false }, 'there')).toEqual({
    level: 'ok',
    message: expect.stringMatching(/^KVM; .*without its sandbox/),
  });
});

describe('a driver', () => {
  const all = { snapshot: true, lazyRestore: true, hotplugDisk: true, hotplugShare: true } as const;
  const capabilities = {
    workspaces: { ...all, network: 'tap', rootless: false },
    snapshots: { ...all, network: 'tap', rootless: false },
  } as const;
  const program = { name: 'It', path: '/it', version: '2.1', writtenFor: '2.0 to 2.3', isTried: true };
  const kvm = { name: 'KVM', sandbox: true, emulated: false } as const;
  const seen = { program, acceleration: kvm, noTap: undefined };
  const failed = { failed: { message: 'KVM runs nothing', mend: 'take another host' } };
  test.each([
    [
      seen,
      'ok',
      /^It 2\.1, \/it, written for 2\.0 to 2\.3; KVM; snapshots .*virtiofs, each .* TAP$/,
      undefined,
    ],
    [{ ...seen, acceleration: failed }, 'warning', /2\.3: KVM runs nothing$/, /another host/],
    [
      { ...seen, program: { ...program, version: '3.0', isTried: false } },
      'warning',
      /nobody has tried this version/,
      /2\.0 to 2\.3/,
    ],
    [{ ...seen, noTap: { why: 'no sudo', mend: 'be root' } }, 'warning', /TAP, .*: no sudo/, /be root/],
    [
      { ...seen, acceleration: { name: 'TCG', sandbox: true, emulated: true, why: 'no KVM' } as const },
      'note',
      /guests are emulated \(TCG\)/,
      undefined,
    ],
  ])('%j', (given, level, message, mend) => {
    const found = judgeDriver({ name: 'it', capabilities }, given);
    expect(found).toMatchObject({ level, message: expect.stringMatching(message) });
    expect(found.mend ?? '').toMatch(mend ?? /^$/);
  });
});

describe('a machine', () => {
  const machine = { machineDigest: 'now', failedScripts: [] };
  test.each([
    ['down', machine, false, 'ok', /is down/],
    ['up', machine, true, 'ok', /is up$/],
    ['up', machine, false, 'warning', /ended by itself/],
    ['up', { ...machine, machineDigest: 'before' }, true, 'warning', /another config/],
    ['up', { ...machine, failedScripts: ['setup'] }, true, 'warning', /failed: setup/],
    ['starting', machine, true, 'note', /is starting/],
    ['down', undefined, false, 'ok', /is down/],
  ] as const)('%s, %j, running: %j', (state, seen, isRunning, level, message) => {
    expect(
      judgeMachine(
        {
          name: 'app',
          state,
          machine: seen && { ...seen, failedScripts: [...seen.failedScripts] },
          isRunning,
        },
        'now',
      ),
    ).toMatchObject({
      level,
      message: expect.stringMatching(message),
    });
  });
});
