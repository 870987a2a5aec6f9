import { expect, test } from 'vitest';
import { runCommand } from '../platform/run-command.ts';
import { planPrivileged } from './plan-privileged.ts';
import { planSlotNetwork } from './plan-slot-network.ts';

const network = planSlotNetwork(4, '198.18.77.0/24');
const resolver = { mode: 'filtered', resolvFile: '/etc/resolv.conf' } as const;

test('what keeps a network is found by a variable', () => {
  const words = planPrivileged(
    { kind: 'keep', network, resolver, owner: 1000, uplinks: ['eth0', 'wlan0'], from: '/run/user/1000/x' },
    '/run/dewar-network',
  );
  expect(words.slice(0, 4)).toEqual(['env', 'DEWAR_NETWORK=/run/dewar-network/04', 'sh', '-c']);
  const lines = words[4]?.split('\n') ?? [];
  expect(lines.slice(0, 10)).toEqual([
    "root='/run/dewar-network'",
    "slot='04'",
    "name='dewar-04'",
    "from='/run/user/1000/x'",
    "mode='filtered'",
    "resolv='/etc/resolv.conf'",
    "host='198.18.77.17'",
    "owner='1000'",
    "uplinks='eth0 wlan0'",
    '',
  ]);
  expect(lines.slice(-2)).toEqual(['keep', '']);
});

test('nothing that somebody else named is code', async () => {
  const from = `/tmp/a'; touch '/tmp/dewar-was-here'; '$(reboot)`;
  const words = planPrivileged(
    { kind: 'keep', network, resolver, owner: 0, uplinks: ['eth0', '$(x)', 'a b', '../all'], from },
    '/run/dewar-network',
  );
  const text = words.at(-1) ?? '';
  // All but what it does at its end.
  const { stdout } = await runCommand('sh', [
    '-c',
    text.replace(/keep\n$/, `printf '%s|%s' "$from" "$uplinks"`),
  ]);
  expect(stdout.toString()).toBe(`${from}|eth0`);
});

test('the script is one that a shell understands', async () => {
  const words = planPrivileged({ kind: 'show', network }, '/run/dewar-network');
  const { exitCode, stderr } = await runCommand('sh', ['-n', '-c', words.at(-1) ?? '']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});
