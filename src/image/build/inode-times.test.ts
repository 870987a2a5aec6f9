import { expect, test } from 'vitest';
import { usedInodes } from './inode-times.ts';

test('the inodes in use are those that dumpe2fs does not list as free, without those of the file system itself', () => {
  const dump = [
    'Inode count:              32',
    'Free inodes:              16',
    'Group 0: (Blocks 0-32767)',
    '  Free inodes: 14-16',
    'Group 1: (Blocks 32768-65535)',
    '  Free inodes: 17, 20-31',
    '',
  ].join('\n');
  expect(usedInodes(dump)).toEqual([2, 11, 12, 13, 18, 19, 32]);
});

test('no file system, no inodes', () => {
  expect(usedInodes("dumpe2fs: Bad magic number in super-block while trying to open 'x'\n")).toEqual([]);
});
