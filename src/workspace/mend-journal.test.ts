import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeSlot } from '../network/slots.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import { readJournal } from './journal.ts';
import { mendJournal } from './mend-journal.ts';
import { statePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dewar-mend-'));
  await mkdir(join(directory, '.dewar'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A driver that only writes down what it is told to end. */
function recording(): { ended: string[]; context: WorkspaceContext } {
  const ended: string[] = [];
  const driver = { end: (id: string) => Promise.resolve(void ended.push(id)) };
  const context: WorkspaceContext = {
    env: { XDG_RUNTIME_DIR: directory },
    emit: () => undefined,
    signal: undefined,
    loadDriver: () => Promise.resolve(driver as Partial<WorkspaceDriver> as WorkspaceDriver),
    chooseDriver: () => Promise.reject(new Error('nothing is started')),
    ensureImage: () => Promise.reject(new Error('no image is needed')),
  };
  return { ended, context };
}

test('ends what runs by a journal that cannot be read, by its slot, and nobody else', async () => {
  const { ended, context } = recording();
  const paths = statePaths(directory);
  const holder = { workspace: directory, name: 'app', driver: 'qemu' };
  const mine = await takeSlot(context.env, { ...holder, state: paths.directory, machine: 'mine' });
  const fork = await takeSlot(context.env, {
    ...holder,
    state: `${paths.directory}/forks/a`,
    machine: 'fork',
  });
  // As when its machine, which has the lock too, has ended.
  await mine.lock.release();
  await writeFile(paths.journal, '{ "format": 0 }');
  expect(await mendJournal(paths, context)).toBe(true);
  expect(ended).toEqual(['mine']);
  expect(await readJournal(paths.journal)).toMatchObject({ state: 'down' });
  expect(await readdir(join(directory, 'dewar', 'slots'))).toEqual(['01']);
  await fork.lock.release();
});

test('a journal that is well is left alone, and so is none', async () => {
  const { ended, context } = recording();
  const paths = statePaths(directory);
  expect(await mendJournal(paths, context)).toBeUndefined();
  await writeFile(paths.journal, JSON.stringify({ format: 1, state: 'down', mounts: [] }));
  expect(await mendJournal(paths, context)).toBeUndefined();
  expect(ended).toEqual([]);
});
