import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acquireLock, tryAcquireLock } from '../../src/platform/file-lock.ts';
import { openBundleWriter } from '../../src/snapshot/store-write.ts';
import { BASE, FINGERPRINT, sealBundle } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/git-repository.ts';
import { holdLockElsewhere } from '../support/lock-holder.ts';

describe('a lock', () => {
  test('is held against other processes, and ends with its holder’s death', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'a/lock');
    const other = await holdLockElsewhere(path);
    expect(await tryAcquireLock(path)).toBeUndefined();
    await expect(acquireLock(path, { deadlineMs: 60 })).rejects.toMatchObject({ code: 'LOCK_HELD' });
    let waits = 0;
    const waiting = acquireLock(path, {
      onWait: () => {
        waits++;
        void other.kill();
      },
    });
    await using lock = await waiting;
    expect(lock.path).toBe(path);
    expect(waits).toBe(1);
  });

  test('gives up when its signal is aborted', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'lock');
    await using held = await acquireLock(path);
    expect(held.path).toBe(path);
    const stop = new AbortController();
    const waiting = acquireLock(path, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test('is never held twice while its file and directory come and go', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'slot/lock');
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      for (let n = 0; n < 20; n++) {
        const lock = await acquireLock(path);
        most = Math.max(most, ++inside);
        await writeFile(join(directory.path, 'slot', 'work'), '');
        inside--;
        await lock.release({ remove: n % 2 === 0 });
      }
    };
    await Promise.all(Array.from({ length: 5 }, work));
    expect(most).toBe(1);
  });
});

describe('two writers of one bundle', () => {
  test('take turns', async () => {
    await using directory = await temporaryDirectory();
    const first = await openBundleWriter(directory.path, FINGERPRINT, BASE, {});
    let waits = 0;
    const second = openBundleWriter(directory.path, FINGERPRINT, BASE, {
      onWait: () => {
        waits++;
        void first[Symbol.asyncDispose]();
      },
    });
    await using writer = await second;
    expect(writer.place.base).toBe(BASE);
    expect(waits).toBe(1);
  });

  test('of different commits do not wait, and leave each other’s work alone', async () => {
    await using directory = await temporaryDirectory();
    const store = directory.path;
    const busy = '1'.repeat(40);
    const dead = '2'.repeat(40);
    const lock = join(store, '.locks', `${FINGERPRINT}-${busy}.lock`);
    const other = await holdLockElsewhere(lock);
    const names = [`.tmp-${busy}-0123456789ab`, `.tmp-${dead}-0123456789ab`];
    for (const name of names) await mkdir(join(store, FINGERPRINT, name), { recursive: true });
    await sealBundle(store);
    expect(new Set(await readdir(join(store, FINGERPRINT)))).toEqual(new Set([BASE, names[0]]));
    await other.kill();
    await sealBundle(store, {}, '{}');
    expect(await readdir(join(store, FINGERPRINT))).toEqual([BASE]);
    await expect(stat(lock)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
