import { expect, test } from 'vitest';
import { judgeAddress } from './judge-address.ts';

const OWN = ['45.10.0.2', '192.168.50.1'];

test.each([
  ['45.11.0.1', undefined],
  ['192.168.50.7', undefined],
  ['192.168.50.1', /this host/],
  ['45.10.0.2', /this host/],
  ['192.168.51.7', /private/],
  ['169.254.169.254', /never/],
  ['127.0.0.1', /never/],
  ['0.0.0.0', /never/],
  ['::1', /no address/],
])('%s', (address, why) => {
  const judged = judgeAddress(address, ['192.168.50.0/24'], OWN);
  expect(judged ?? '').toMatch(why ?? /^$/);
});
