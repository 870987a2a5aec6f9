import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataExtents } from './data-extents.ts';
import { digestBlocks } from './digest-blocks.ts';
import { digestLike } from './digest-like.ts';
import { digestFile } from './durable-files.ts';

const BLOCK = 65_536;
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-blocks-'));
});

afterAll(() => rm(directory, { recursive: true }));

/** Where bytes are written, and how many; what is between is a hole, of a file whose end is `size`. */
const Layout = fc.record({
  size: fc.integer({ min: 0, max: 40 * BLOCK }),
  writes: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 39 * BLOCK }),
      length: fc.integer({ min: 1, max: 3 * BLOCK }),
      byte: fc.integer({ min: 0, max: 255 }),
    }),
    { maxLength: 6 },
  ),
});

test('it is the digest of the numbered blocks that are not zeros, with holes and without', async () => {
  await fc.assert(
    fc.asyncProperty(Layout, async ({ size, writes }) => {
      const sparse = join(directory, 'sparse');
      const filled = join(directory, 'filled');
      const bytes = Buffer.alloc(size);
      await writeFile(sparse, '');
      await truncate(sparse, size);
      {
        await using file = await open(sparse, 'r+');
        for (const { at, length, byte } of writes) {
          const part = Buffer.alloc(Math.max(0, Math.min(length, size - at)), byte);
          part.copy(bytes, at);
          if (part.length > 0) await file.write(part, 0, part.length, at);
        }
      }
      await writeFile(filled, bytes);
      const expected = { sha256: byDefinition(bytes), size, blocks: BLOCK };
      expect(await digestBlocks(sparse)).toEqual(expected);
      expect(await digestBlocks(filled)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('every byte counts, and so do its place and the length of the file', async () => {
  const path = join(directory, 'counts');
  const digests = new Set<string>();
  const bytes = Buffer.alloc(3 * BLOCK + 5);
  const add = async (): Promise<void> => {
    await writeFile(path, bytes);
    const { sha256, size } = await digestBlocks(path);
    digests.add(`${sha256} ${size}`);
  };
  await add();
  for (const at of [0, BLOCK - 1, BLOCK, 3 * BLOCK, 3 * BLOCK + 4]) {
    bytes[at] = 1;
    await add();
    bytes[at] = 0;
  }
  await truncate(path, 3 * BLOCK);
  const { sha256, size } = await digestBlocks(path);
  digests.add(`${sha256} ${size}`);
  expect(digests.size).toBe(7);
});

test('holes are known where the file system knows them', async () => {
  const path = join(directory, 'holes');
  await writeFile(path, '');
  await truncate(path, 4 * 2 ** 30);
  await using file = await open(path, 'r+');
  await file.write('here', 2 ** 30);
  await file.sync();
  const extents = await dataExtents(path, 4 * 2 ** 30);
  expect(extents).toHaveLength(1);
  const [{ from, to } = { from: 0, to: 0 }] = extents;
  expect(from).toBeLessThanOrEqual(2 ** 30);
  expect(to).toBeGreaterThanOrEqual(2 ** 30 + 4);
  expect(to - from).toBeLessThan(2 ** 20);
});

test('a file that cannot be asked for its holes is taken whole', async () => {
  expect(await dataExtents(join(directory, 'absent'), 10)).toEqual([{ from: 0, to: 10 }]);
  expect(await dataExtents('/dev/null', 10)).toEqual([{ from: 0, to: 10 }]);
});

test('a file is digested as the digest says that it is compared with; a link is none', async () => {
  const path = join(directory, 'like');
  await writeFile(path, 'like');
  expect(await digestLike(path, {})).toEqual(await digestFile(path));
  expect(await digestLike(path, { blocks: BLOCK })).toEqual(await digestBlocks(path));
  await symlink('like', join(directory, 'link'));
  await expect(digestBlocks(join(directory, 'link'))).rejects.toMatchObject({ code: 'NOT_A_REGULAR_FILE' });
});

function byDefinition(bytes: Buffer): string {
  const hash = createHash('sha256');
  for (let number = 0; number * BLOCK < bytes.length; number++) {
    const block = bytes.subarray(number * BLOCK, (number + 1) * BLOCK);
    if (block.every((byte) => byte === 0)) continue;
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32BE(number, 4);
    hash.update(Buffer.concat([prefix, block]));
  }
  return hash.digest('hex');
}
