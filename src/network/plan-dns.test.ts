import { expect, test } from 'vitest';
import { planDns, planDomains } from './plan-dns.ts';

const at = { network: { name: 'dewar-04', host: '198.18.77.17' }, directory: '/run/dewar-network/04' };

test('filtered: what nobody else is asked for does not exist; addresses go into the set', () => {
  const config = planDns({ ...at, policy: { mode: 'filtered', ranges: [] } }).split('\n');
  expect(config).toEqual(
    expect.arrayContaining([
      'no-resolv',
      'address=/#/',
      'nftset=/#/4#inet#dewar-04#resolved',
      'stop-dns-rebind',
      'filter-AAAA',
      'servers-file=/run/dewar-network/04/names',
    ]),
  );
});

test('private addresses are answered where some are listed', () => {
  expect(planDns({ ...at, policy: { mode: 'filtered', ranges: ['10.0.0.0/8'] } })).not.toContain('rebind');
});

test('open: all names are asked for', () => {
  const config = planDns({ ...at, policy: { mode: 'open', ranges: [] } });
  expect(config).not.toContain('\naddress=');
  expect(config).not.toContain('nftset=');
});

test('domains, a line each', () => {
  expect(planDomains({ domains: ['example.com', 'example.org'] })).toBe('example.com\nexample.org\n');
});
