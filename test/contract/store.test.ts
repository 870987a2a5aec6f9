import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { checkBundle } from '../../src/snapshot/check-bundle.ts';
import { listSnapshots } from '../../src/snapshot/list-snapshots.ts';
import { scanStore } from '../../src/snapshot/store-scan.ts';
import { openBundleWriter } from '../../src/snapshot/store-write.ts';
import { BASE, FINGERPRINT, manifest, sealBundle, sha256 } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { canMount, mountReadOnly, mountTmpfs } from '../support/mounted.ts';

/** A field that this version does not know. */
const LATER: object = { later: 1 };
const FILES = ['manifest.json', 'base_hashes.json', 'fingerprint.json'];

describe('a sealed bundle', () => {
  test('is complete, at its place, and alone', async () => {
    await using directory = await temporaryDirectory();
    const store = join(directory.path, 'new/store');
    const place = await sealBundle(store);
    expect(place.directory).toBe(join(store, FINGERPRINT, BASE));
    expect((await readdir(place.directory)).toSorted()).toEqual(FILES.toSorted());
    expect(await checkBundle(place, 'digests')).toMatchObject({
      complete: true,
      manifest: { base_sha: BASE },
    });
    expect(await scanStore(store)).toEqual({ bundles: [place], temporary: [], quarantined: [], foreign: [] });
    expect(await readdir(join(store, '.locks'))).toEqual([]);
  });

  test('is replaced as a whole', async () => {
    await using directory = await temporaryDirectory();
    await sealBundle(directory.path);
    const place = await sealBundle(directory.path, {}, '{}');
    expect(await readFile(join(place.directory, 'base_hashes.json'), 'utf8')).toBe('{}');
    expect(await checkBundle(place, 'digests')).toMatchObject({ complete: true });
    expect(await readdir(join(directory.path, FINGERPRINT))).toEqual([BASE]);
  });

  test('leaves nothing when it cannot be written', async () => {
    await using directory = await temporaryDirectory();
    {
      await using writer = await openBundleWriter(directory.path, FINGERPRINT, BASE, {});
      const sources = { 'base_hashes.json': { path: join(directory.path, 'absent') } };
      await expect(writer.seal(sources, manifest)).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
    }
    expect(await readdir(directory.path)).toEqual(['.locks']);
  });
});

describe('tampering is found', () => {
  for (const file of FILES) {
    test(`in every byte of ${file}`, async () => {
      await using directory = await temporaryDirectory();
      const place = await sealBundle(directory.path);
      const path = join(place.directory, file);
      const good = await readFile(path);
      for (let at = 0; at < good.length; at++) {
        for (const flip of [0x01, 0x20, 0x80]) {
          const bad = Buffer.from(good);
          bad[at] = bad[at]! ^ flip;
          await writeFile(path, bad);
          expect([at, flip, await checkBundle(place, 'digests')]).toMatchObject([
            at,
            flip,
            { complete: false },
          ]);
        }
      }
      await writeFile(path, good);
      expect(await checkBundle(place, 'digests')).toMatchObject({ complete: true });
    });

    test(`in the length and the kind of ${file}, which is named`, async () => {
      await using directory = await temporaryDirectory();
      const place = await sealBundle(directory.path);
      const path = join(place.directory, file);
      const good = await readFile(path);
      const copy = join(directory.path, 'copy');
      await writeFile(copy, good);
      const changes: Record<string, () => Promise<unknown>> = {
        shorter: () => truncate(path, good.length - 1),
        empty: () => truncate(path, 0),
        longer: () => appendFile(path, '\n'),
        missing: () => rm(path),
        link: () => rm(path).then(() => symlink(copy, path)),
        directory: () => rm(path).then(() => mkdir(path)),
        fifo: () => rm(path).then(() => execa('mkfifo', [path])),
      };
      for (const [name, change] of Object.entries(changes)) {
        await change();
        for (const depth of ['sizes', 'digests'] as const) {
          const state = await checkBundle(place, depth);
          expect([name, depth, state]).toMatchObject([name, depth, { complete: false }]);
          expect(state).toHaveProperty('why', expect.stringContaining(file));
        }
        await rm(path, { recursive: true, force: true });
        await writeFile(path, good);
      }
      expect(await checkBundle(place, 'digests')).toMatchObject({ complete: true });
    });
  }

  test('as added files, and bundles under another name', async () => {
    await using directory = await temporaryDirectory();
    const place = await sealBundle(directory.path);
    await writeFile(join(place.directory, 'extra\n'), '');
    expect(await checkBundle(place, 'sizes')).toEqual({
      complete: false,
      why: '"extra\\n" is not in manifest.json',
    });
    await rm(join(place.directory, 'extra\n'));
    const moved = {
      ...place,
      base: '1'.repeat(40),
      directory: join(directory.path, FINGERPRINT, '1'.repeat(40)),
    };
    await rename(place.directory, moved.directory);
    expect(await checkBundle(moved, 'digests')).toMatchObject({
      complete: false,
      why: expect.stringContaining('commit'),
    });
    const other = { ...moved, base: place.base, fingerprint: sha256('x') };
    expect(await checkBundle(other, 'digests')).toMatchObject({
      complete: false,
      why: expect.stringContaining('fingerprint'),
    });
  });

  test('in a manifest that is right by itself but wrong for dewar', async () => {
    await using directory = await temporaryDirectory();
    const strange = await sealBundle(directory.path, LATER);
    expect(await checkBundle(strange, 'sizes')).toMatchObject({ complete: false });
    const liar = await sealBundle(directory.path);
    await writeFile(join(liar.directory, 'manifest.json'), '{}');
    expect(await checkBundle(liar, 'digests')).toMatchObject({
      complete: false,
      why: expect.stringContaining('digest'),
    });
  });
});

describe('what else is in a store', () => {
  test('is listed and never trusted', async () => {
    await using directory = await temporaryDirectory();
    const store = directory.path;
    const place = await sealBundle(store);
    await writeFile(join(store, 'README'), '');
    await mkdir(join(store, 'not-a-fingerprint'));
    await symlink(join(store, FINGERPRINT), join(store, sha256('link')));
    await symlink(place.directory, join(store, FINGERPRINT, '2'.repeat(40)));
    await mkdir(join(store, FINGERPRINT, 'abc'));
    await mkdir(join(store, FINGERPRINT, `.tmp-${'3'.repeat(40)}-0123456789ab`));
    await mkdir(join(store, FINGERPRINT, '4'.repeat(40)));
    const list = await listSnapshots(store);
    expect(new Map(list.bundles.map(({ place, state }) => [place.base, state.complete]))).toEqual(
      new Map([
        [BASE, true],
        ['4'.repeat(40), false],
      ]),
    );
    expect(list.unfinished).toEqual([join(FINGERPRINT, `.tmp-${'3'.repeat(40)}-0123456789ab`)]);
    expect(list.foreign.toSorted()).toEqual(
      [
        'README',
        'not-a-fingerprint',
        sha256('link'),
        join(FINGERPRINT, '2'.repeat(40)),
        join(FINGERPRINT, 'abc'),
      ].toSorted(),
    );
    // The next record removes what a dead one left, and nothing else.
    await sealBundle(store, { base_sha: '5'.repeat(40) });
    const after = await scanStore(store);
    expect(after.temporary).toEqual([]);
    expect(after.foreign.toSorted()).toEqual(list.foreign.toSorted());
  });

  test('may be nothing at all', async () => {
    await using directory = await temporaryDirectory();
    expect(await scanStore(join(directory.path, 'absent'))).toEqual({
      bundles: [],
      temporary: [],
      quarantined: [],
      foreign: [],
    });
  });
});

describe('a store that cannot be written', () => {
  test('is a file, or below one', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'file');
    await writeFile(file, '');
    for (const store of [file, join(file, 'below')]) {
      await expect(openBundleWriter(store, FINGERPRINT, BASE, {})).rejects.toMatchObject({
        code: 'STORE_NOT_WRITABLE',
      });
      await expect(scanStore(store)).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
    }
  });

  test.runIf(canMount)('is on a read-only mount (mounting needs root), and can still be read', async () => {
    await using directory = await temporaryDirectory();
    const place = await sealBundle(directory.path);
    await using mount = await mountReadOnly(directory.path);
    await expect(openBundleWriter(mount.path, FINGERPRINT, BASE, {})).rejects.toMatchObject({
      code: 'STORE_NOT_WRITABLE',
    });
    expect(await checkBundle(place, 'digests')).toMatchObject({ complete: true });
  });

  test.runIf(canMount)(
    'is full (mounting a small tmpfs needs root): nothing half-written stays',
    async () => {
      await using directory = await temporaryDirectory();
      const empty = join(directory.path, 'store');
      await mkdir(empty);
      await using mount = await mountTmpfs(empty, 'size=64k');
      const store = mount.path;
      await sealBundle(store, { base_sha: '1'.repeat(40) });
      await expect(sealBundle(store, {}, 'x'.repeat(100_000))).rejects.toMatchObject({ code: 'STORE_FULL' });
      expect(await readdir(join(store, FINGERPRINT))).toEqual(['1'.repeat(40)]);
      // Replacing fails as a whole too: the old bundle stays.
      await expect(
        sealBundle(store, { base_sha: '1'.repeat(40) }, 'x'.repeat(100_000)),
      ).rejects.toMatchObject({
        code: 'STORE_FULL',
      });
      expect((await listSnapshots(store, 'everything')).bundles).toMatchObject([
        { state: { complete: true } },
      ]);
    },
  );

  test.runIf(canMount)('has no inodes left (mounting needs root)', async () => {
    await using directory = await temporaryDirectory();
    const empty = join(directory.path, 'store');
    await mkdir(empty);
    await using mount = await mountTmpfs(empty, 'size=1m,nr_inodes=5');
    const store = mount.path;
    await expect(sealBundle(store)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await scanStore(store)).bundles).toEqual([]);
    expect((await readdir(store)).filter((name) => name !== '.locks')).toEqual([]);
  });

  test.runIf(canMount)('belongs to another user (becoming one needs root)', async () => {
    await using directory = await temporaryDirectory();
    const store = join(directory.path, 'store');
    await mkdir(store);
    await chmod(directory.path, 0o755);
    const seteuid = process.seteuid?.bind(process);
    if (seteuid === undefined) throw new Error('no users here');
    seteuid(65_534);
    try {
      await expect(openBundleWriter(store, FINGERPRINT, BASE, {})).rejects.toMatchObject({
        code: 'STORE_NOT_WRITABLE',
      });
    } finally {
      seteuid(0);
    }
    expect((await lstat(store)).isDirectory()).toBe(true);
    expect(await readdir(store)).toEqual([]);
  });
});
