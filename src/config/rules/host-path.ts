import { join, resolve } from 'node:path';
import type { Verdict } from './verdict.ts';

/** @returns the path as it is */
export function standardHostPath(text: string): Verdict {
  if (text === '' || text.includes('\0')) return { mustBe: 'a path of this host' };
  if (/^~[^/]/.test(text)) return { mustBe: "a path of this host; ~/… is this user's home, ./~… a name" };
  return { value: text };
}

/** @returns the absolute path that a config's path means */
export function expandHostPath(text: string, base: string, home: string): string {
  if (text === '~' || text.startsWith('~/')) return join(home, text.slice(1));
  return resolve(base, text);
}
