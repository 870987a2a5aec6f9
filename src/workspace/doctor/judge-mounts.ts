import { isWithin } from '../../platform/is-within.ts';
import type { Finding } from './check.ts';

/** Paths are absolute and, on this host, without links. */
export interface KnownCache {
  name: string;
  /** Where it may lie on this host. */
  hosts: readonly string[];
  guest: string;
}

export interface SeenMount {
  /** Undefined for a tmpfs. */
  source: { named: string; real: string } | undefined;
  target: { named: string; path: string };
  origin: string;
}

/**
 * Finds mounts that touch the cache of a tool (they are it, hold it, or lie in it), on this host or in the guest, and those
 * that give a guest more than anybody means to.
 * @param home this user's
 */
export function judgeMounts(
  mounts: readonly SeenMount[],
  caches: readonly KnownCache[],
  home: string,
): Finding[] {
  return mounts.flatMap((mount) => [...judgeExtent(mount, home), ...judgeCaches(mount, caches, home)]);
}

function judgeExtent({ source, target, origin }: SeenMount, home: string): Finding[] {
  if (source === undefined || !isWithin(home, source.real)) return [];
  const what = source.real === '/' ? 'all of this host' : "this user's home";
  return [
    {
      level: 'warning',
      message: `the mount of ${source.named} at ${target.named} (${byWhom(origin)}) gives the guest ${what}, with keys, credentials and settings that this host trusts`,
      mend: 'mount the directories that it needs',
    },
  ];
}

function judgeCaches(
  { source, target, origin }: SeenMount,
  caches: readonly KnownCache[],
  home: string,
): Finding[] {
  // Of those who mount their home, one warning is enough.
  const isHome = source !== undefined && isWithin(home, source.real);
  const touched = caches.filter(
    ({ hosts, guest }) =>
      touches(target.path, guest) ||
      (source !== undefined && !isHome && hosts.some((path) => touches(source.real, path))),
  );
  if (touched.length === 0) return [];
  const names = [...new Set(touched.map(({ name }) => name))].join(', ');
  if (source === undefined)
    return [
      {
        level: 'note',
        message: `the tmpfs at ${target.named} (${byWhom(origin)}) is over the place of a cache (${names}): it fills memory, and is gone with the machine`,
      },
    ];
  return [
    {
      level: 'warning',
      message: `the mount of ${source.named} at ${target.named} (${byWhom(origin)}) touches the cache of a tool (${names}): a cache that churns and is shared live piles up file descriptors and round trips`,
      mend: "take the mount out: a cache belongs to the machine's own disk, which persists",
    },
  ];
}

function byWhom(origin: string): string {
  return origin === 'default' ? 'the project' : origin === 'user' ? 'of the config' : `of the ${origin}`;
}

function touches(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}
