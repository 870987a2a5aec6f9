import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatPackageLock } from './lock/package-lock.ts';
import { requestOf } from './lock/resolve-lock.ts';
import { lookUpWorkspaceImage } from './look-up-workspace-image.ts';
import { findProfile } from './profiles.ts';
import { sampleLock } from './sample-lock.fixture.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-look-up-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const lookUp = (packages: readonly string[], image = 'systemd'): ReturnType<typeof lookUpWorkspaceImage> =>
  lookUpWorkspaceImage({ image, packages, directory }, { DEWAR_CACHE_DIR: join(directory, 'cache') });

test('the lock file decides which image it is, and it answers for the packages of the config alone', async () => {
  const lock = join(directory, 'dewar.lock');
  expect(await lookUp([])).toEqual({ state: 'not locked', lock });
  const locked = { ...sampleLock(), ...requestOf(findProfile('systemd'), undefined, { extra: ['gcc'] }) };
  await writeFile(lock, formatPackageLock({ format: 1, images: { systemd: locked } }));
  expect(await lookUp(['gcc'])).toEqual({ state: 'not built', id: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await lookUp(['gcc', 'make'])).toEqual({ state: 'not locked', lock });
});

test('an image that is named by its id is there or not', async () => {
  await expect(lookUp([], 'abcdef')).rejects.toMatchObject({ code: 'NO_SUCH_IMAGE' });
});
