import { posix } from 'node:path';
import type { Verdict } from './verdict.ts';

/** Of the guest's user. */
const GUEST_HOME = '/home/dewar';

/** Here the guest's own system would break, or its secrets would be covered. */
const SYSTEM = ['/run', '/proc', '/sys', '/dev', '/var/run'];
const CREDENTIALS = ['~/.env', '~/.ssh'];

const FORM = 'an absolute path of the guest, or ~/… for the home of its user, without ..';

/** @returns a path of the guest in its one spelling: no `//`, no `.`, no final `/`, the user's home as `~` */
export function standardGuestPath(text: string): Verdict {
  const isHome = text.startsWith('~/');
  if ((!isHome && !text.startsWith('/')) || text.includes('\0') || text.split('/').includes('..'))
    return { mustBe: FORM };
  const path = posix.normalize(text).replace(/(?<=.)\/$/, '');
  if (path === '~') return { mustBe: `${FORM}; not the whole home` };
  if (isHome) return { value: path };
  if (path === GUEST_HOME) return { mustBe: `${FORM}; not the whole home` };
  return { value: path.startsWith(`${GUEST_HOME}/`) ? `~${path.slice(GUEST_HOME.length)}` : path };
}

/** @returns a path of the guest on which something may be mounted, in its one spelling */
export function standardMountTarget(text: string): Verdict {
  const verdict = standardGuestPath(text);
  if ('mustBe' in verdict) return verdict;
  const { value } = verdict;
  if (value === '/' || value === '/home' || SYSTEM.some((path) => isAtOrBelow(value, path)))
    return {
      mustBe: `a directory of the guest that its system does not need: not /, /home, ${SYSTEM.join(', ')}`,
    };
  if (CREDENTIALS.some((path) => isAtOrBelow(value, path)))
    return { mustBe: `another directory: ${CREDENTIALS.join(' and ')} hold the workspace's credentials` };
  return verdict;
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}
