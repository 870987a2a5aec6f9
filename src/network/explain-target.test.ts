import { expect, test } from 'vitest';
import { explainTarget } from './explain-target.ts';
import type { NetworkPolicy } from './policy.ts';

const FILTERED: NetworkPolicy = {
  mode: 'filtered',
  domains: ['example.com'],
  ports: [80, 443],
  ranges: ['10.1.0.0/16'],
};

test.each<[string, number, boolean, RegExp]>([
  ['example.com', 443, true, /below example\.com/],
  ['a.b.example.com', 80, true, /below example\.com/],
  ['example.com', 22, false, /port 22 is none of 80, 443/],
  ['notexample.com', 443, false, /none of the domains/],
  ['1.2.3.4', 443, false, /only when a name/],
  ['10.1.2.3', 443, true, /10\.1\.0\.0\/16/],
  ['10.1.2.3', 22, false, /port 22/],
  ['10.2.0.1', 443, false, /private/],
  ['169.254.169.254', 80, false, /ever/],
])('filtered: %s, port %d', (host, port, allowed, why) => {
  expect(explainTarget(FILTERED, host, port)).toEqual({ allowed, why: expect.stringMatching(why) as string });
});

test.each<[string, number, boolean]>([
  ['anything.org', 22, true],
  ['1.2.3.4', 22, true],
  ['10.1.2.3', 22, true],
  ['192.168.1.1', 80, false],
  ['127.0.0.1', 80, false],
])('open: %s, port %d', (host, port, allowed) => {
  expect(explainTarget({ ...FILTERED, mode: 'open' }, host, port)).toMatchObject({ allowed });
});
