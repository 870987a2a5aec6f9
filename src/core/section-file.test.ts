import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DigestList, Int32List } from './columns.ts';
import { PAGE_BYTES } from './paged-bytes.ts';
import type { ByteSource } from './paged-bytes.ts';
import { openSections, packSections, unpackSections } from './section-file.ts';
import type { SectionFile, SectionFormat } from './section-file.ts';

const FORMAT: SectionFormat = { magic: 'TESTFILE', version: 7 };

/** Sizes by name; around the ends of pages too. */
const anySizes = fc.dictionary(
  fc.string({ maxLength: 8 }),
  fc.oneof(fc.nat(70), fc.integer({ min: PAGE_BYTES - 70, max: 3 * PAGE_BYTES + 70 })),
  { maxKeys: 5 },
);

test('what was packed is found again, under its name', () => {
  fc.assert(
    fc.property(anySizes, (sizes) => {
      const given = sectionsOf(sizes);
      const found = unpackSections(FORMAT, fileOf(given));
      if (typeof found === 'string') throw new Error(found);
      expect([...found.keys()]).toEqual(Object.keys(given));
      for (const [name, bytes] of found) expect(bytes.compare(given[name] ?? bytes)).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('no changed byte is ever handed out: it is noticed by the time that it is needed', () => {
  fc.assert(
    fc.property(
      anySizes,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 0, max: 7 }),
      (sizes, where, bit) => {
        const given = sectionsOf(sizes);
        const file = fileOf(given);
        const at = Math.floor(where * file.length);
        file[at] = (file[at] ?? 0) ^ (1 << bit);
        expect(outcome(file, given)).toMatch(/^\w+: its? |bytes from \d+ on are not as they were written$/);
      },
    ),
    { numRuns: 300 },
  );
});

test('a file that ends early, or goes on, is refused as soon as it is opened', () => {
  const file = fileOf({ one: patternOf(3 * PAGE_BYTES), two: patternOf(100) });
  for (let size = 0; size < file.length; size += size < 2048 ? 1 : 997)
    expect(() => open(sourceOf(file.subarray(0, size)))).toThrow(/^(foreign|damaged): it /);
  expect(() => open(sourceOf(Buffer.concat([file, Buffer.alloc(1)])))).toThrow(/^damaged: it has \d+ bytes/);
});

test('bytes that are no such file are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, withMagic) => {
      const file = Buffer.concat([Buffer.from(withMagic ? FORMAT.magic : ''), bytes]);
      expect(() => open(sourceOf(file))).toThrow(/^(foreign|older|newer|damaged): its? /);
    }),
  );
});

test('says which versions the file and the reader have', () => {
  expect(() => open(ofVersion(6))).toThrow('older: it has version 6, and this dewar reads version 7');
  expect(() => open(ofVersion(8))).toThrow('newer: it has version 8, and this dewar reads version 7');
});

test('reads no more than is asked for', () => {
  const numbers = new Int32List();
  for (let n = 0; n < 100_000; n++) numbers.push(n * 3);
  const file = fileOf({ first: patternOf(1_000_000), numbers: numbers.toBytes() });
  const { sections, costs } = open(sourceOf(file));
  const head = costs.bytes;
  expect(head).toBeLessThan(PAGE_BYTES);
  const list = new Int32List(sections.get('numbers'));
  expect([list.length, list.at(50_000), list.at(50_001)]).toEqual([100_000, 150_000, 150_003]);
  expect(costs.bytes - head).toBe(PAGE_BYTES);
  expect([...list.slice(0, 3), ...list.slice(99_998, 100_000)]).toEqual([0, 3, 6, 299_994, 299_997]);
  expect(costs.bytes - head).toBeLessThanOrEqual(3 * PAGE_BYTES);
});

test('lists of a file can be changed, and grow', () => {
  const numbers = new Int32List();
  const digests = new DigestList();
  for (let n = 0; n < 10_000; n++) {
    numbers.push(n);
    digests.set(n, Buffer.alloc(32, n % 251));
  }
  const { sections } = open(sourceOf(fileOf({ n: numbers.toBytes(), d: digests.toBytes() })));
  const list = new Int32List(sections.get('n'));
  list.set(5000, -1);
  // The page that 5000 is on is not read again over it.
  expect([list.at(4999), list.at(5000), list.at(5001)]).toEqual([4999, -1, 5001]);
  list.push(10_000);
  numbers.set(5000, -1);
  numbers.push(10_000);
  expect(Buffer.compare(list.toBytes(), numbers.toBytes())).toBe(0);

  const other = new DigestList(sections.get('d'));
  other.set(7, Buffer.alloc(32, 255));
  other.set(10_000, Buffer.alloc(32, 254));
  digests.set(7, Buffer.alloc(32, 255));
  digests.set(10_000, Buffer.alloc(32, 254));
  expect(other.equals(9999, digests, 9999)).toBe(true);
  expect(Buffer.compare(other.toBytes(), digests.toBytes())).toBe(0);
});

test('a source that cannot be read is an error of the file', () => {
  const file = fileOf({ one: patternOf(2 * PAGE_BYTES) });
  let broken = false;
  const source = sourceOf(file);
  const { sections } = open({
    size: source.size,
    read(target, position) {
      if (broken) throw new Error('EIO: i/o error');
      source.read(target, position);
    },
  });
  broken = true;
  expect(() => new Int32List(sections.get('one')).at(0)).toThrow('damaged: EIO: i/o error');
});

function open(source: ByteSource): SectionFile {
  return openSections(FORMAT, source, ({ kind, why }) => new Error(`${kind}: ${why}`));
}

/** Reads everything. @returns the error, or what is wrong with what was found */
function outcome(file: Buffer, expected: Record<string, Uint8Array>): string {
  try {
    const { sections } = open(sourceOf(file));
    for (const [name, bytes] of Object.entries(expected))
      if (Buffer.compare(sections.get(name)?.whole() ?? Buffer.alloc(0), bytes) !== 0)
        return `${name} has other bytes`;
    // Between the sections there is padding, which nobody looks at.
    return 'padding: it was changed';
  } catch (error) {
    return (error as Error).message;
  }
}

function ofVersion(version: number): ByteSource {
  return sourceOf(Buffer.concat(packSections({ ...FORMAT, version }, new Map())));
}

function sectionsOf(sizes: Record<string, number>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, patternOf(size)]));
}

function fileOf(sections: Record<string, Uint8Array>): Buffer {
  return Buffer.concat(packSections(FORMAT, new Map(Object.entries(sections))));
}

function sourceOf(file: Buffer): ByteSource {
  return {
    size: file.length,
    read: (target, position) => {
      if (file.copy(target, 0, position) < target.length) throw new Error('it ends early');
    },
  };
}

function patternOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, n) => (n * 7 + (n >> 8)) & 0xff);
}
