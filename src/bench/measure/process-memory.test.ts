import { expect, test } from 'vitest';
import { parseSmaps, processMemory } from './process-memory.ts';

const SMAPS = `7f0000000000-7f0040000000 rw-p 00000000 fe:00 12     /store/f/b/mem_file
Size:            1048576 kB
Rss:              614400 kB
Shared_Clean:     512000 kB
Private_Dirty:    102400 kB
Anonymous:        102400 kB
VmFlags: rd wr mr mw me
7f0040000000-7f0041000000 rw-p 00000000 00:00 0
Rss:               20480 kB
Anonymous:         20480 kB
AnonHugePages:         0 kB
7f0050000000-7f0051000000 r-xp 00000000 fe:00 13     /usr/bin/qemu-system-x86_64
Rss:               10240 kB
Anonymous:             0 kB
`;

test('what was written is private, what is as in a file is shared, and the guest’s own part is told apart', () => {
  expect(parseSmaps(SMAPS, '/mem_file')).toEqual({
    private_mib: 120,
    private_of_file_mib: 100,
    shared_mib: 510,
    resident_mib: 630,
  });
});

test('memory that this process writes is private to it', async () => {
  const before = await processMemory(process.pid, '/mem_file');
  const written = Buffer.alloc(64 << 20, 1);
  const after = await processMemory(process.pid, '/mem_file');
  expect(after.private_mib - before.private_mib).toBeGreaterThan(50);
  expect(after.resident_mib).toBeGreaterThan(after.private_mib);
  expect(after.private_of_file_mib).toBe(0);
  expect(written.length).toBe(64 << 20);
});
