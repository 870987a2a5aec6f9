import { expect, test } from 'vitest';
import { plainFiles } from './plain-files.ts';

test('has the plain files of a listing, and neither links nor submodules', () => {
  const id = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
  const entries = [
    `100644 blob ${id}\ta.txt`,
    `100755 blob ${id}\tdir/b c.sh`,
    `120000 blob ${id}\tlink`,
    `160000 commit ${id}\tsub`,
    `100644 blob ${id}\twith\ttab`,
  ];
  const odd = Buffer.concat([Buffer.from(`100644 blob ${id}\t`), Buffer.from([0xff, 0])]);
  const listing = Buffer.concat([Buffer.from(entries.map((entry) => `${entry}\0`).join('')), odd]);
  expect([...plainFiles(listing)]).toEqual(['a.txt', 'dir/b c.sh', 'with\ttab']);
  expect(plainFiles(Buffer.alloc(0)).size).toBe(0);
});
