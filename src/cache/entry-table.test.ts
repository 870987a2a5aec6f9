import { expect, test } from 'vitest';
import type { CacheEntry } from './cache-entry.ts';
import { EntryTable } from './entry-table.ts';

/** More than a block has. */
const entries: CacheEntry[] = Array.from({ length: 2500 }, (_, at) => {
  const path = `d\xff/\n ${at}`;
  if (at % 7 === 0) return { path, type: 'directory', size: 0, mtime: at };
  if (at % 5 === 0) return { path, type: 'link', size: 0, mtime: at, link: `to ${at}` };
  return { path, type: 'file', size: 2 ** 40 + at, mtime: 0, identity: { inode: at, ctime: 1e12 + at / 8 } };
});

test('gives back what was put in, in order', () => {
  const table = new EntryTable(entries);
  expect([...table]).toEqual(entries);
  expect([...table].map((entry) => Object.keys(entry))).toEqual(entries.map((entry) => Object.keys(entry)));
  expect(Buffer.concat([...table.paths()]).toString('latin1')).toBe(
    entries.map(({ path }) => `${path}\0`).join(''),
  );
});

test('reckons up', () => {
  const files = entries.filter(({ type }) => type !== 'directory');
  expect(new EntryTable(entries)).toMatchObject({
    length: entries.length,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
  });
});

test('of nothing is nothing', () => {
  const table = new EntryTable();
  expect([[...table], [...table.paths()], table.length]).toEqual([[], [], 0]);
});
