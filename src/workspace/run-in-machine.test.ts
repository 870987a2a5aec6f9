import { expect, test } from 'vitest';
import type { JournalMount } from './journal.ts';
import { directoryInGuest } from './run-in-machine.ts';

const share = (source: string | undefined, target: string): JournalMount => ({
  id: target,
  kind: source === undefined ? 'tmpfs' : 'virtiofs',
  source,
  target,
  readonly: false,
});

const MOUNTS = [
  share('/src', '~/workspace'),
  share('/src/vendor/big', '/big'),
  share(undefined, '/src/tmp'),
  share('/', '/host'),
];

test.each([
  ['/src', '/home/dewar/workspace'],
  ['/src/a b/"ü', '/home/dewar/workspace/a b/"ü'],
  ['/src/..a', '/home/dewar/workspace/..a'],
  ['/src/vendor', '/home/dewar/workspace/vendor'],
  ['/src/vendor/big', '/big'],
  ['/src/vendor/big/deep', '/big/deep'],
  ['/src/vendor/bigger', '/home/dewar/workspace/vendor/bigger'],
  ['/srcs', '/host/srcs'],
  ['/', '/host'],
])('%s of this host is %s in the guest', (cwd, expected) => {
  expect(directoryInGuest(cwd, MOUNTS)).toBe(expected);
});

test.each([
  ['/srcs', [share('/src', '~/workspace')]],
  ['/', [share('/src', '~/workspace')]],
  ['/src', [share(undefined, '/src')]],
  ['/src', []],
])('%s is not there', (cwd, mounts) => {
  expect(directoryInGuest(cwd, mounts)).toBeUndefined();
});
