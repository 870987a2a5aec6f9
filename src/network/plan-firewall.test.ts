import { expect, test } from 'vitest';
import { planFirewall } from './plan-firewall.ts';
import { planSlotNetwork } from './plan-slot-network.ts';
import type { NetworkPolicy } from './policy.ts';

const network = planSlotNetwork(4, '198.18.77.0/24');
const FILTERED: NetworkPolicy = { mode: 'filtered', domains: ['example.com'], ports: [80, 8443], ranges: [] };

function chain(name: string, policy: Partial<NetworkPolicy> = {}): string[] {
  const rules = planFirewall(network, { ...FILTERED, ...policy });
  const text = new RegExp(`chain ${name} \\{\\n([\\s\\S]*?)\\n  \\}`).exec(rules)?.[1] ?? '';
  return text.split('\n').map((line) => line.trim());
}

test('filtered: what was resolved, at the ports; all else is refused', () => {
  expect(chain('from-guest')).toEqual([
    'ct state established,related accept',
    'ct state invalid drop',
    'ct count over 8192 counter name crowded drop',
    'ip daddr @never goto refuse',
    'ip daddr @listed goto ports-only',
    'ip daddr @private goto refuse',
    'ip daddr @resolved update @used { ip daddr }',
    'ip daddr @resolved goto ports-only',
    'ip daddr @used goto ports-only',
    'goto refuse',
  ]);
  expect(planFirewall(network, FILTERED)).toContain('elements = { 80, 8443 }');
});

test('open: all but what is never reached, and private ranges that are not listed', () => {
  expect(chain('from-guest', { mode: 'open' }).slice(3)).toEqual([
    'ip daddr @never goto refuse',
    'ip daddr @listed goto permit',
    'ip daddr @private goto refuse',
    'goto permit',
    'goto refuse',
  ]);
});

test('of this host, the resolver alone', () => {
  expect(chain('to-host')).toEqual([
    'ct state established,related accept',
    'ip daddr 198.18.77.17 udp dport 10053 accept',
    'ip daddr 198.18.77.17 tcp dport 10053 accept',
    'goto refuse',
  ]);
});

test('the chains of hooks look at the own TAP alone', () => {
  for (const name of ['early', 'input', 'forward', 'output'])
    expect(chain(name).slice(1).join('\n')).toContain('"dewar-04"');
});
