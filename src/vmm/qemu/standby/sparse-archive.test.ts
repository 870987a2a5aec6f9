import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../../platform/run-command.ts';
import { readSparseArchive } from './sparse-archive.ts';
import type { SparseFile } from './sparse-archive.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterAll(() => rm(directory, { recursive: true }));

const BLOCK = 4096;
/** Blocks of a hole, and the data behind it: its number of blocks and each block's byte. */
const parts = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 300 }),
    fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 4 }),
  ),
  {
    minLength: 1,
    maxLength: 60,
  },
);
const shape = fc.record({ parts, tail: fc.nat(3 * BLOCK) });
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

/** @returns the whole file, and the archive that GNU tar makes of it */
async function pack({ parts: pieces, tail }: Shape): Promise<{ whole: Buffer; archive: Buffer }> {
  const path = join(directory, 'memory');
  await rm(path, { force: true });
  let size = 0;
  {
    await using file = await open(path, 'w');
    for (const [hole, bytes] of pieces) {
      size += hole * BLOCK;
      for (const byte of bytes) {
        await file.write(Buffer.alloc(BLOCK, byte), 0, BLOCK, size);
        size += BLOCK;
      }
    }
    size += tail;
    await file.truncate(size);
  }
  const to = join(directory, 'memory.tar');
  // As packMemory calls it.
  const args = ['--create', '--file', to, '--format=pax', '--sparse', '--hole-detection=seek'];
  const packed = await runCommand('tar', [...args, '--dereference', '--directory', directory, 'memory']);
  expect(packed).toMatchObject({ exitCode: 0, stderr: '' });
  return { whole: await readFile(path), archive: await readFile(to) };
}

async function read(archive: Buffer): Promise<SparseFile | string> {
  const path = join(directory, 'read.tar');
  await writeFile(path, archive);
  await using file = await open(path, 'r');
  return await readSparseArchive(file);
}

function unpack({ size, extents }: SparseFile, archive: Buffer): Buffer {
  const whole = Buffer.alloc(size);
  for (const { offset, size: length, at } of extents) archive.copy(whole, offset, at, at + length);
  return whole;
}

/** Whatever it says, it can be followed without harm. */
function isSound(read: SparseFile | string, archive: Buffer): boolean {
  if (typeof read === 'string') return read !== '';
  let end = 0;
  for (const { offset, size, at } of read.extents) {
    if (offset < end || size <= 0 || offset + size > read.size || at + size > archive.length) return false;
    end = offset + size;
  }
  return Number.isSafeInteger(read.size) && read.size >= 0;
}

describe('archives of GNU tar', () => {
  test('are read as what was packed', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async (random) => {
        const { whole, archive } = await pack(random);
        const found = await read(archive);
        expect(found).toBeTypeOf('object');
        const packed = found as SparseFile;
        expect(isSound(packed, archive)).toBe(true);
        expect(unpack(packed, archive).equals(whole)).toBe(true);
        const data = packed.extents.reduce((sum, { size }) => sum + size, 0);
        expect(data).toBeLessThanOrEqual(
          random.parts.reduce((sum, [, bytes]) => sum + bytes.length * BLOCK, 0),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('that were cut say so', async () => {
    const { archive } = await pack({
      parts: Array.from({ length: 50 }, (_, at) => [at + 1, [at + 1]]),
      tail: 7,
    });
    const found = await read(archive);
    const end = Math.max(...(found as SparseFile).extents.map(({ at, size }) => at + size));
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), async (length) => {
        expect(await read(archive.subarray(0, length))).toBeTypeOf('string');
      }),
      { numRuns: 200 },
    );
  });

  test('that were damaged lead nobody astray', async () => {
    const { archive } = await pack({
      parts: Array.from({ length: 50 }, (_, at) => [at + 1, [at + 1]]),
      tail: 7,
    });
    const head = 4096;
    const change = fc.tuple(fc.nat(head - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const damaged = Buffer.from(archive);
        for (const [at, bits] of changes) damaged.writeUInt8(damaged.readUInt8(at) ^ bits, at);
        expect(isSound(await read(damaged), damaged)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(10_240)],
  ['text', Buffer.from('x'.repeat(5000))],
])('%s is no archive', async (_, bytes) => {
  expect(await read(bytes)).toBe('it does not begin with a PAX header');
});
