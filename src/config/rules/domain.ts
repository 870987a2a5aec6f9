import { domainToASCII } from 'node:url';
import type { Verdict } from './verdict.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST = 253;

/** @returns a host name in lower case and in the letters of DNS (`xn--…`), without a final dot */
export function standardDomain(text: string): Verdict {
  if (text.startsWith('*.') || text.startsWith('.'))
    return { mustBe: 'a domain without wildcard, such as example.com: the names below it are in it' };
  if (/[/:@?#%\s\p{Cc}]/u.test(text))
    return { mustBe: 'the name of a host alone, such as example.com, without scheme, port and path' };
  const domain = domainToASCII(text.replace(/\.$/, ''));
  const labels = domain.split('.');
  if (domain.length > LONGEST || !labels.every((label) => LABEL.test(label)))
    return { mustBe: 'the name of a host, such as example.com' };
  // An address, also one that only looks like it: every name ends in a label that is no number.
  if (/^\d+$/.test(labels.at(-1) ?? ''))
    return { mustBe: 'the name of a host, such as example.com, not an address' };
  return { value: domain };
}
