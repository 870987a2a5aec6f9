import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../../../platform/file-lock.ts';
import { sweepStandbys } from './sweep-standbys.ts';

const [DEAD, LIVE] = ['a'.repeat(32), 'b'.repeat(32)] as [string, string];

let standbys: string;

beforeEach(async () => {
  standbys = await mkdtemp(join(tmpdir(), 'dewar-test-'));
});

afterEach(() => rm(standbys, { recursive: true }));

test('halves go whose writer is dead; whole ones, and what somebody writes now, stay', async () => {
  const kept = [DEAD, LIVE, `.tmp-${LIVE}`, '.tmp-other'];
  for (const name of [...kept, `.tmp-${DEAD}`, `.tmp-${DEAD}-aside`]) {
    await mkdir(join(standbys, name));
    await writeFile(join(standbys, name, 'memory.tar'), '', { mode: 0o400 });
  }
  await writeFile(join(standbys, `${DEAD}.lock`), '');
  await using lock = await acquireLock(join(standbys, `${LIVE}.lock`));
  await sweepStandbys(standbys);
  expect((await readdir(standbys)).toSorted()).toEqual([...kept, `${LIVE}.lock`].toSorted());
  expect(lock.path).toBe(join(standbys, `${LIVE}.lock`));
});

test('where there are none nothing is made', async () => {
  await sweepStandbys(join(standbys, 'none'));
  expect(await readdir(standbys)).toEqual([]);
});
