import { expect, test } from 'vitest';
import { parseQueryLog } from './parse-query-log.ts';

const said = (line: string): string => `dnsmasq[77]: ${line}\n`;

test('names, what came of them, and how often', () => {
  const text = [
    said('started, version 2.90 cache disabled'),
    said('query[A] Evil.example from 198.18.77.2'),
    said('config evil.example is NXDOMAIN'),
    said('query[AAAA] evil.example from 198.18.77.2'),
    said('config evil.example is NXDOMAIN'),
    said('query[A] evil.example from 198.18.77.2'),
    said('config evil.example is NXDOMAIN'),
    said('query[A] good.example from 198.18.77.2'),
    said('forwarded good.example to 45.10.0.1'),
    said('forwarded good.example to 45.10.0.2'),
    said('nftset add 4 inet dewar-00 resolved 45.11.0.1'),
    said('reply good.example is 45.11.0.1'),
    said('query[A] home.good.example from 198.18.77.2'),
    said('forwarded home.good.example to 45.10.0.1'),
    said('possible DNS-rebind attack detected: home.good.example'),
  ].join('');
  expect(parseQueryLog(text)).toEqual([
    { name: 'evil.example', verdict: 'denied', count: 2 },
    { name: 'good.example', verdict: 'allowed', count: 1 },
    { name: 'home.good.example', verdict: 'private', count: 1 },
  ]);
});

test('a name is text, whatever a guest calls it', () => {
  const text =
    said('query[A] \u001B[2Jx\u0001.example from 1.2.3.4') + said('config x\u0001.example is NXDOMAIN');
  expect(parseQueryLog(text)).toEqual([{ name: 'x.example', verdict: 'denied', count: 1 }]);
});

test.each([
  ['after', ['reply', 'rebind']],
  ['before', ['rebind', 'reply']],
])('an address of IPv6 that is private hides none of IPv4 that came %s it', (_, order) => {
  const lines = {
    reply: 'reply a.example is 1.2.3.4',
    rebind: 'possible DNS-rebind attack detected: a.example',
  };
  const text = [
    said('query[A] a.example from 198.18.77.2'),
    said('forwarded a.example to 45.10.0.1'),
    said('query[AAAA] a.example from 198.18.77.2'),
    ...order.map((what) => said(lines[what as 'reply'])),
  ].join('');
  expect(parseQueryLog(text)).toEqual([{ name: 'a.example', verdict: 'allowed', count: 1 }]);
});

test('what is cut off, or not of dnsmasq, is left out', () => {
  expect(parseQueryLog('nfig a.example is NXDOMAIN\nquery[A] b.example\n')).toEqual([]);
});
