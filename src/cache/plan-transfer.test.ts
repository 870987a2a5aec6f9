import { expect, test } from 'vitest';
import { noneSkipped } from './cache-listing.ts';
import type { CacheEntry } from './cache-entry.ts';
import { EntryTable } from './entry-table.ts';
import { planTransfer } from './plan-transfer.ts';

const file = (path: string, size: number, mtime = 1): CacheEntry => ({ path, type: 'file', size, mtime });
const listing = (...entries: CacheEntry[]): Parameters<typeof planTransfer>[0] => ({
  entries: new EntryTable(entries),
  skipped: noneSkipped(),
});

test('a guest that has nothing gets all', () => {
  const d: CacheEntry = { path: 'd', type: 'directory', size: 0, mtime: 1 };
  const all = [d, file('d/a', 1), file('d/b', 4097)];
  const { send, space } = planTransfer(listing(...all), undefined);
  expect([...send]).toEqual(all);
  expect(space).toEqual({ bytes: 4 * 4096, inodes: 3 });
});

test('a guest gets what it lacks: what is not there, of another size, time or kind', () => {
  const guest = new Map(
    Object.entries({
      same: { type: 'file', size: 1, mtime: 1 },
      larger: { type: 'file', size: 2, mtime: 1 },
      older: { type: 'file', size: 1, mtime: 0 },
      d: { type: 'directory', size: 4096, mtime: 9 },
      other: { type: 'other', size: 1, mtime: 1 },
      own: { type: 'file', size: 1, mtime: 1 },
    } as const),
  );
  const d: CacheEntry = { path: 'd', type: 'directory', size: 0, mtime: 1 };
  const wanted = listing(
    file('same', 1),
    file('larger', 1),
    file('older', 1),
    d,
    file('other', 1),
    file('new', 1),
  );
  expect([...planTransfer(wanted, guest).send].map(({ path }) => path)).toEqual([
    'larger',
    'older',
    'other',
    'new',
  ]);
});
