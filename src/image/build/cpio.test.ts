import { describe, expect, test } from 'vitest';
import { cpioArchive } from './cpio.ts';
import type { CpioEntry } from './cpio.ts';

const ENTRIES: CpioEntry[] = [
  { type: 'directory', path: 'dev', mode: 0o755 },
  { type: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
  { type: 'file', path: 'init', mode: 0o755, content: Buffer.from('#!/bin/sh\n') },
  { type: 'file', path: 'empty', mode: 0o644, content: Buffer.alloc(0) },
];

describe('an archive for the kernel', () => {
  test('has the fields of newc, each name and content ending on a multiple of four', () => {
    const members = read(cpioArchive(ENTRIES));
    expect(members.map(({ name, mode, nlink, content }) => [name, mode, nlink, content])).toEqual([
      ['dev', 0o040755, 2, ''],
      ['dev/console', 0o020600, 1, ''],
      ['init', 0o100755, 1, '#!/bin/sh\n'],
      ['empty', 0o100644, 1, ''],
      ['TRAILER!!!', 0, 1, ''],
    ]);
    expect(members[1]?.rdev).toEqual([5, 1]);
    expect(new Set(members.map(({ inode }) => inode)).size).toBe(members.length);
  });

  test('is the same bytes for the same entries, and owned by root at time zero', () => {
    const archive = cpioArchive(ENTRIES);
    expect(cpioArchive(ENTRIES).equals(archive)).toBe(true);
    for (const { uid, gid, mtime } of read(archive)) expect([uid, gid, mtime]).toEqual([0, 0, 0]);
  });
});

interface Member {
  name: string;
  inode: number;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  mtime: number;
  rdev: [number, number];
  content: string;
}

/** Reads by the text of the format's description, not by the writer's code. */
function read(archive: Buffer): Member[] {
  const members: Member[] = [];
  for (let at = 0; at < archive.length;) {
    expect(at % 4).toBe(0);
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number): number =>
      parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameStart = at + 110;
    const name = archive.toString('utf8', nameStart, nameStart + field(11) - 1);
    const start = Math.ceil((nameStart + field(11)) / 4) * 4;
    members.push({
      name,
      inode: field(0),
      mode: field(1),
      uid: field(2),
      gid: field(3),
      nlink: field(4),
      mtime: field(5),
      rdev: [field(9), field(10)],
      content: archive.toString('utf8', start, start + field(6)),
    });
    at = Math.ceil((start + field(6)) / 4) * 4;
  }
  return members;
}
