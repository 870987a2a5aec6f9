import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDriver, loadEngine } from '../../src/builtins.ts';
import type { DewarEvent } from '../../src/core/events.ts';
import { openRepository } from '../../src/platform/git-repository.ts';
import type { Machine, MachineSpec, SnapshotRef, VmmDriver } from '../../src/vmm/driver.ts';
import { sealBundle } from '../support/bundle.ts';
import { GIT_TEST_ENV, temporaryDirectory, testRepository } from '../support/git-repository.ts';
import { holdLockElsewhere } from '../support/lock-holder.ts';

interface Lab extends AsyncDisposable {
  driver: VmmDriver;
  spec: MachineSpec;
  snapshot: SnapshotRef;
  store: string;
  cache: string;
  first: string;
  second: string;
  events: DewarEvent[];
  emit: (event: DewarEvent) => void;
}

describe('the driver local', () => {
  test('creates a machine, freezes it, and brings it back with another commit', async () => {
    await using at = await lab();
    const { driver, snapshot } = at;
    const spec = { ...at.spec, snapshot };
    const machine = await driver.create(spec, at);
    await machine.checkOut(at.first, at);
    expect(await text(machine)).toBe('1');
    expect(await readdir(machine.scratch)).toEqual([]);
    await writeFile(join(machine.workspacePath, 'stray'), '');
    await machine.freeze();

    const again = await driver.restore(spec, at);
    await again.checkOut(at.second, at);
    expect(await text(again)).toBe('2');
    expect(await readdir(again.workspacePath)).toEqual(['file']);
    expect(again.workspacePath).toBe(machine.workspacePath);
    await again.shutdown();
    await driver.sweep(at.spec, at);
    expect(await kept(at.cache)).toHaveLength(1);

    await driver.forget(snapshot, at);
    expect(await kept(at.cache)).toEqual([]);
  });

  test('removes a machine without a snapshot when it is shut down or killed', async () => {
    await using at = await lab();
    for (const end of ['shutdown', 'kill', 'abandon', 'freeze'] as const) {
      const machine = await at.driver.create(at.spec, at);
      await machine.checkOut(at.first, at);
      expect(await kept(at.cache)).toHaveLength(1);
      await machine[end]();
      expect(await kept(at.cache)).toEqual([]);
    }
    await expect(stat(join(at.spec.repository.commonDir, 'worktrees'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  test('gives a machine to one at a time, and says that it waits', async () => {
    await using at = await lab();
    const spec = { ...at.spec, snapshot: at.snapshot };
    const one = await at.driver.restore(spec, at);
    const emit = (event: DewarEvent): void => {
      at.emit(event);
      void one.abandon();
    };
    const two = await at.driver.restore(spec, { emit });
    expect(at.events).toMatchObject([{ type: 'note', message: expect.stringContaining('waiting') }]);
    await two.checkOut(at.second, at);
    expect(await text(two)).toBe('2');
    await two.kill();
    expect(await kept(at.cache)).toEqual([]);
  });

  test('leaves alone what another process uses, and sweeps it when that one dies', async () => {
    await using at = await lab();
    const spec = { ...at.spec, snapshot: { ...at.snapshot, directory: join(at.store, 'gone') } };
    const machine = await at.driver.restore(spec, at);
    await machine.checkOut(at.first, at);
    const lock = join(machine.id, 'lock');
    await machine.shutdown();
    const other = await holdLockElsewhere(lock);
    await at.driver.sweep(at.spec, at);
    expect(await text(machine)).toBe('1');
    await at.driver.forget(spec.snapshot, at);
    expect(at.events).toMatchObject([{ type: 'note', message: expect.stringContaining('in use') }]);
    await other.kill();
    await at.driver.sweep(at.spec, at);
    expect(await kept(at.cache)).toEqual([]);
  });

  test('says what it cannot write to', async () => {
    await using at = await lab();
    const file = join(at.cache, '..', 'file');
    await writeFile(file, '');
    const driver = await loadDriver('local', await loadEngine(), { ...GIT_TEST_ENV, DEWAR_CACHE_DIR: file });
    await expect(driver.create(at.spec, at)).rejects.toMatchObject({ code: 'CACHE_NOT_WRITABLE' });
  });
});

async function lab(): Promise<Lab> {
  const repository = await testRepository();
  const directory = await temporaryDirectory();
  const first = await repository.commit({ 'ws/file': '1' });
  const second = await repository.commit({ 'ws/file': '2' });
  const cache = join(directory.path, 'cache');
  const env = { ...GIT_TEST_ENV, DEWAR_CACHE_DIR: cache };
  const store = join(directory.path, 'store');
  const events: DewarEvent[] = [];
  return {
    driver: await loadDriver('local', await loadEngine(), env),
    spec: { repository: await openRepository(join(repository.path, 'ws'), { env }) },
    snapshot: await sealBundle(store),
    store,
    cache,
    first,
    second,
    events,
    emit: (event) => events.push(event),
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]();
      await repository[Symbol.asyncDispose]();
    },
  };
}

function text(machine: Machine): Promise<string> {
  return readFile(join(machine.workspacePath, 'file'), 'utf8');
}

/** @returns names of the slots */
async function kept(cache: string): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true });
  return entries.filter((entry) => basename(entry) === 'lock').map((entry) => basename(dirname(entry)));
}
