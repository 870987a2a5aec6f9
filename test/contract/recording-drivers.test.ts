import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordingDrivers } from '../../src/snapshot/recording-drivers.ts';
import { sealBundle, sha256 } from '../support/bundle.ts';
import { GIT_TEST_ENV, temporaryDirectory, testRepository } from '../support/git-repository.ts';

async function history(): Promise<
  AsyncDisposable & { path: string; store: string; commits: [string, string, string]; aside: string }
> {
  const repository = await testRepository();
  const directory = await temporaryDirectory();
  const commits: string[] = [];
  for (const text of ['1', '2', '3']) commits.push(await repository.commit({ file: text }));
  await repository.git('checkout', '--quiet', '-b', 'aside', commits[0] ?? '');
  const aside = await repository.commit({ file: 'aside' });
  return {
    path: repository.path,
    store: join(directory.path, 'store'),
    commits: commits as [string, string, string],
    aside,
    async [Symbol.asyncDispose]() {
      await repository[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function find(
  { path, store }: { path: string; store: string },
  target: string,
  base?: string,
): Promise<string[]> {
  const input = { store, workspace: path, target, base, engine: 'bazel', env: GIT_TEST_ENV };
  const found: string[] = [];
  for await (const name of recordingDrivers(input, { signal: new AbortController().signal }))
    found.push(name);
  return found;
}

test('the drivers of the snapshots of ancestors, the nearest first, each once', async () => {
  await using place = await history();
  const {
    store,
    commits: [first, second, third],
    aside,
  } = place;
  const seal = (base_sha: string, driver: string, more = {}): Promise<unknown> =>
    sealBundle(store, { base_sha, driver, fingerprint: sha256(`${base_sha}${driver}`), ...more });
  await seal(first, 'qemu');
  await seal(first, 'firecracker');
  await seal(second, 'local');
  await seal(second, 'elsewhere', { workspace: 'sub' });
  await seal(second, 'foreign', { engine: 'other' });
  await seal(aside, 'of another branch');

  expect(await find(place, third)).toEqual(['local', expect.any(String), expect.any(String)]);
  expect((await find(place, third)).slice(1).toSorted()).toEqual(['firecracker', 'qemu']);
  expect((await find(place, first)).toSorted()).toEqual(['firecracker', 'qemu']);
  expect(await find(place, third, second)).toEqual(['local']);
  expect(await find(place, third, aside)).toEqual(['of another branch']);
});

test('a store that is empty, or not there, has none', async () => {
  await using place = await history();
  expect(await find(place, place.commits[2])).toEqual([]);
});

test('a target that is none is an error', async () => {
  await using place = await history();
  await expect(find(place, 'no-such-branch')).rejects.toMatchObject({ code: 'UNKNOWN_REVISION' });
});
