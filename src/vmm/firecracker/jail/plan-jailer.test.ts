import { expect, test } from 'vitest';
import { runCommand } from '../../../platform/run-command.ts';
import { JAILER_SCRIPT } from './jailer-script.ts';
import { jailedUser, planJailer } from './plan-jailer.ts';

const INPUT = {
  jailer: '/opt/fc/jailer',
  program: '/opt/fc/firecracker-v1.16.1',
  args: ['--api-sock', 'api.sock'],
  id: 'beef00000000f00d',
  directory: '/cache/machines/beef00000000f00d',
  user: 2_000_148_879,
  tap: 'dewar-03',
  brought: [
    { path: '/images/kernel', name: 'kernel', access: 'read' },
    { path: '/w/root image', name: 'root.raw', access: 'write' },
  ],
} as const;

test('the jailer is started with what is brought, as nobody else', () => {
  const { file, args, root } = planJailer(INPUT);
  expect(root).toBe('/cache/machines/beef00000000f00d/jail/firecracker-v1.16.1/beef00000000f00d/root');
  expect([file, ...args].map((word) => (word === JAILER_SCRIPT ? 'SCRIPT' : word))).toEqual([
    'unshare',
    '--mount',
    '--',
    'perl',
    '-e',
    'SCRIPT',
    '--',
    'root',
    root,
    'user',
    '2000148879',
    'tap',
    'dewar-03',
    'plugged',
    'plugged',
    'read',
    'kernel\n/images/kernel',
    'write',
    'root.raw\n/w/root image',
    'exec',
    '/opt/fc/jailer',
    '--id',
    'beef00000000f00d',
    '--exec-file',
    '/opt/fc/firecracker-v1.16.1',
    '--uid',
    '2000148879',
    '--gid',
    '2000148879',
    '--chroot-base-dir',
    '/cache/machines/beef00000000f00d/jail',
    '--',
    '--api-sock',
    'api.sock',
  ]);
});

test('each machine has a user of its own', () => {
  expect(jailedUser('0000ffffffffffff')).toBe(2_000_100_000);
  expect(jailedUser('ffff000000000000')).toBe(2_000_165_535);
});

test('the script is one that perl understands', async () => {
  const { exitCode, stderr } = await runCommand('perl', ['-c', '-e', JAILER_SCRIPT]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '-e syntax OK\n' });
});
