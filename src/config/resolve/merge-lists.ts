import type { Origin } from '../resolved-config.ts';

interface Part<T> {
  items: readonly T[] | undefined;
  origin: Origin;
}

/**
 * Joins lists in their order, without duplicates: the first of equals stays.
 * @param path of the list
 * @param origins gets where each item came from
 */
export function mergeLists<T>(path: string, parts: readonly Part<T>[], origins: Record<string, Origin>): T[] {
  const merged = new Map<T, Origin>();
  for (const { items = [], origin } of parts)
    for (const item of items) if (!merged.has(item)) merged.set(item, origin);
  [...merged.values()].forEach((origin, index) => {
    origins[`${path}[${index}]`] = origin;
  });
  return [...merged.keys()];
}
