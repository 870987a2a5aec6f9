import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeMemoryDirectory, memoryDirectories } from './memory-directory.ts';

test('without a file system in memory there is no such directory', async () => {
  const disk = await temporary(tmpdir());
  const refused = makeMemoryDirectory(join(disk, 'a'), join(disk, 'shared'));
  await expect(refused).rejects.toMatchObject({ code: 'NO_TMPFS' });
});

test('what somebody else has put into the shared place is neither used nor cleaned up', async () => {
  const [disk, shared] = [await temporary(tmpdir()), await temporary('/dev/shm')];
  const elsewhere = join(shared, 'elsewhere');
  await mkdir(elsewhere, { mode: 0o700 });
  await symlink(elsewhere, join(shared, `dewar-${process.getuid?.()}`));
  const refused = makeMemoryDirectory(disk, shared);
  await expect(refused).rejects.toMatchObject({ code: 'MEMORY_DIRECTORY' });
  expect(await memoryDirectories(disk, shared)).toEqual([disk]);
});

async function temporary(below: string): Promise<string> {
  const path = await mkdtemp(join(below, 'dewar-test-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}
