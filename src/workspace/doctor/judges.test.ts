import { describe, expect, test } from 'vitest';
import { judgeRoom } from './cache-check.ts';
import { judgeAcceleration } from './judge-acceleration.ts';
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
