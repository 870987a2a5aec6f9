import { chmod, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestList } from '../../core/columns.ts';
import { DigestCache } from './digest-cache.ts';

let directory: string;
let file: string;
let saved: string;

const LABEL = Buffer.from('//a:b');
const suffixes = listOf(1);
const digests = listOf(2);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-digests-'));
  file = join(directory, 'file');
  saved = join(directory, 'saved');
});

afterAll(() => rm(directory, { recursive: true }));

describe('DigestCache', () => {
  it('knows a file that has been at rest, until anything about it changes', async () => {
    await writeFile(file, 'content');
    expect(await remember()).toBe(false);
    await sleep(2600);
    expect(await remember()).toBe(true);
    expect(await isKnown()).toBe(true);
    expect(await isKnown(listOf(9))).toBe(false);

    const { atime, mtime } = statSync(file);
    await writeFile(file, 'CONTENT');
    await utimes(file, atime, mtime);
    expect(await isKnown()).toBe(false);
  });

  it.each([
    ['its mode', async () => chmod(file, 0o755)],
    [
      'its inode',
      async () => {
        await writeFile(`${file}.new`, 'content');
        await rename(`${file}.new`, file);
      },
    ],
  ])('sees a change of %s', async (_, change) => {
    await writeFile(file, 'content');
    await sleep(2600);
    expect(await remember()).toBe(true);
    await change();
    expect(await isKnown()).toBe(false);
  });

  it('is empty when its file is not its own', async () => {
    await writeFile(saved, 'something else, long enough to be looked at as a file of sections and more');
    expect(await isKnown()).toBe(false);
  });
});

/** Keeps the digest of the file as it is. @returns whether it is known afterwards */
async function remember(): Promise<boolean> {
  const cache = await DigestCache.open(saved);
  cache.add(LABEL, statSync(file), 0, suffixes, digests);
  await cache.save(saved);
  return isKnown();
}

async function isKnown(suffix = suffixes): Promise<boolean> {
  const cache = await DigestCache.open(saved);
  const found = new DigestList();
  const known = cache.copyTo(found, 0, LABEL, suffix, statSync(file));
  if (known && !found.at(0).equals(digests.at(0))) throw new Error('another digest');
  return known;
}

function listOf(byte: number): DigestList {
  const list = new DigestList();
  list.set(0, Buffer.alloc(32, byte));
  return list;
}
