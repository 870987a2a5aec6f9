import { expect, test } from 'vitest';
import { planShare } from './plan-share.ts';

const SHARE = { id: 'src', source: String.raw`/a, b\c`, readOnly: false };

test('the virtiofsd of QEMU takes its directory as one of many options', () => {
  expect(planShare({ path: '/v', kind: 'c' }, SHARE, 's.sock')).toEqual({
    file: '/v',
    args: ['--socket-path=s.sock', '-o', String.raw`source=/a\, b\\c`, '--rlimit-nofile=1000000'],
  });
});

test('its successor takes words of their own', () => {
  const { file, args } = planShare({ path: '/v', kind: 'rust' }, SHARE, 's.sock');
  expect([file, ...args.slice(0, 4)]).toEqual([
    '/v',
    '--socket-path',
    's.sock',
    '--shared-dir',
    SHARE.source,
  ]);
});

test('a read-only share is mounted so by the kernel, before the daemon starts', () => {
  const { file, args } = planShare({ path: '/v', kind: 'rust' }, { ...SHARE, readOnly: true }, 's.sock');
  expect(file).toBe('unshare');
  const script = args.indexOf('-c');
  expect(args[script + 1]).toMatch(/^mount --bind .* remount,bind,ro .* && exec "\$@"$/);
  expect(args.slice(script + 2, script + 5)).toEqual(['sh', SHARE.source, '/v']);
});
