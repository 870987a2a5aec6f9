import { watch } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../support/edit-script/random.ts';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { SHARES, testDriver, THAWED } from '../support/test-driver.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { Outcome, Running, WorkspaceSandbox } from '../support/workspace-sandbox.ts';

/** `DEWAR_KILL_SEED` repeats a run, `DEWAR_KILLS` makes it longer. */
const SEED = Number(process.env['DEWAR_KILL_SEED'] ?? Date.now() % 1_000_000);
const KILLS = Number(process.env['DEWAR_KILLS'] ?? 4);

const random = seededRandom(SEED);
/** Milliseconds that they take here. */
const taken = { up: 0, down: 0 };

let sandbox: WorkspaceSandbox;
/** Mounts itself, and has a script that takes no time. */
let quick: string;
/** Has a script that never ends by itself. */
let slow: string;

interface Journal {
  state: string;
  machine?: { id: string };
  mounts: { id: string }[];
}

type Moment = (workspace: string) => Promise<boolean>;

const until = {
  'a machine boots': async () => (await sandbox.processes(testDriver.program)).length > 0,
  'it is saved': async () =>
    (await namesIn(sandbox.cache, 'workspaces/standbys')).some((name) => name.startsWith('.tmp-')),
  'its memory is filled': async () => (await sandbox.processes('-incoming')).length > 0,
  'its credentials are on a disk': async () =>
    (await namesIn(sandbox.runtime, 'dewar/secrets', true)).some((name) => name.endsWith('/disk')),
  'a share is being attached': async (workspace: string) => (await journalOf(workspace))?.mounts.length === 1,
  'a share is served': async () => (await sandbox.processes(SHARES.server)).length > 0,
  'a script runs': async () => (await sandbox.processes('/usr/lib/dewar/run')).length > 0,
  'it powers off': async () => {
    const machines = join(sandbox.cache, testDriver.name, 'machines');
    const logs = (await namesIn(machines, '')).map((id) => join(machines, id, 'protocol.log'));
    const said = await Promise.all(logs.map((path) => readFile(path, 'utf8').catch(() => '')));
    return said.some((text) => text.includes('guest-shutdown'));
  },
} satisfies Record<string, Moment>;

/** @returns those that there are with the driver under test */
function momentsOf<Moment extends keyof typeof until>(...all: Moment[]): Moment[] {
  const ofThawing = new Set(['it is saved', 'its memory is filled']);
  return all.filter((moment) => THAWED === 'thawed' || !ofThawing.has(moment));
}

async function namesIn(directory: string, path: string, recursive = false): Promise<string[]> {
  return readdir(join(directory, path), { recursive }).catch(() => [] as string[]);
}

async function journalOf(workspace: string): Promise<Journal | undefined> {
  const text = await readFile(join(workspace, '.dewar/journal.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Journal);
}

/** Sends a signal at a moment to a dewar that must not have ended before. */
async function signalAt(
  running: Running,
  moment: () => Promise<boolean>,
  signal: NodeJS.Signals,
): Promise<Outcome> {
  const limits = { timeout: 120_000, interval: 2 };
  await expect.poll(async () => running.hasEnded() || (await moment()), limits).toBe(true);
  if (running.hasEnded()) throw new Error(`it had ended: ${JSON.stringify(await running.ended)}`);
  process.kill(running.pid, signal);
  return running.ended;
}

async function succeed(workspace: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await sandbox.dewar(workspace, ...args);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

/** What `status` says of a workspace, after it has repaired. */
async function stateOf(workspace: string): Promise<string> {
  const { machines } = JSON.parse(await succeed(workspace, 'status', '--json')) as {
    machines: { workspace: string; state: string; running?: object }[];
  };
  const found = machines.find((machine) => machine.workspace === workspace);
  return found?.state === 'up' && found.running === undefined
    ? 'up, without a machine'
    : (found?.state ?? 'missing');
}

/** What a dewar that was killed started ends a moment later. */
async function expectNothingLeft(): Promise<void> {
  const end = performance.now() + 30_000;
  let left = await sandbox.leftovers();
  for (; left.length > 0 && performance.now() < end; left = await sandbox.leftovers()) await sleep(100);
  expect(left).toEqual([]);
}

/** Whatever was killed: `status` repairs, and `down` leaves nothing. @returns the state that `status` told */
async function expectRepair(workspace: string): Promise<string> {
  const state = await stateOf(workspace);
  expect(['up', 'down']).toContain(state);
  if (state === 'up') await succeed(workspace, 'down');
  await expectNothingLeft();
  return state;
}

beforeAll(async () => {
  if (cannotBoot !== undefined) return;
  sandbox = await workspaceSandbox(await guestImage('systemd'));
  quick = await sandbox.workspace('quick', { scripts: [{ name: 'quick', run: 'id -u' }] });
  slow = await sandbox.workspace('slow', { scripts: [{ name: 'slow', run: 'sleep 600' }] });
});

afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]();
});

describe.skipIf(cannotBoot !== undefined)(`workspaces (skipped ${cannotBoot ?? 'never'})`, () => {
  describe('SIGKILL of a first up', () => {
    test.each(momentsOf('a machine boots', 'it is saved'))('while %s', async (moment) => {
      const up = sandbox.start(quick, 'up');
      await signalAt(up, until[moment], 'SIGKILL');
      expect(await expectRepair(quick)).toBe('down');
      expect(await namesIn(sandbox.cache, 'workspaces/standbys')).toEqual([]);
      expect(await namesIn(quick, '.dewar')).not.toContain('root.qcow2');
    });
  });

  describe('once a machine was saved', () => {
    test('what is started for a machine is found, and gone after down', async () => {
      await succeed(quick, 'up');
      const found = await sandbox.leftovers();
      for (const word of [
        testDriver.program,
        SHARES.server,
        'ssh -MNf',
        `${testDriver.name}/machines/`,
        'dewar/slots/00',
      ])
        expect(found).toContainEqual(expect.stringContaining(word));
      await succeed(quick, 'down');
      await expectNothingLeft();
      await succeed(quick, 'reset');
      taken.up = await timed(() => succeed(quick, 'up'));
      await succeed(quick, 'run', 'sh', '-c', 'echo kept >~/marker; sync');
      taken.down = await timed(() => succeed(quick, 'down'));
    });

    test.each(
      momentsOf(
        'its memory is filled',
        'its credentials are on a disk',
        'a share is being attached',
        'a share is served',
        'a script runs',
      ),
    )('SIGKILL of up while %s', async (moment) => {
      await signalAt(sandbox.start(slow, 'up'), () => until[moment](slow), 'SIGKILL');
      expect(await expectRepair(slow)).toBe('down');
      expect(await namesIn(slow, '.dewar')).not.toContain('root.qcow2');
    });

    test('SIGKILL of up while a share is served by ssh', async () => {
      sandbox.env['DEWAR_SHARES'] = 'ssh';
      const up = sandbox.start(slow, 'up');
      delete sandbox.env['DEWAR_SHARES'];
      await signalAt(up, async () => (await sandbox.processes('sftp-server')).length > 0, 'SIGKILL');
      expect(await expectRepair(slow)).toBe('down');
    });

    test.each([
      ['SIGINT', 130, THAWED === 'thawed' ? 'its memory is filled' : 'a machine boots'],
      ['SIGTERM', 143, 'its credentials are on a disk'],
      ['SIGINT', 130, 'a share is being attached'],
      ['SIGTERM', 143, 'a script runs'],
    ] as const)('%s to up ends it with %i while %s: nothing is left', async (signal, code, moment) => {
      const { exitCode, stderr } = await signalAt(
        sandbox.start(slow, 'up'),
        () => until[moment](slow),
        signal,
      );
      expect([exitCode, stderr]).toEqual([code, expect.stringContaining(`interrupted by ${signal}`)]);
      expect(await sandbox.leftovers()).toEqual([]);
      expect(await stateOf(slow)).toBe('down');
    });

    test(`SIGKILL of up at ${KILLS} random moments (DEWAR_KILL_SEED=${SEED})`, async () => {
      // The quick one has a disk with a marker, and boots from it, which takes longer; the other one thaws.
      const other = await sandbox.workspace('other', { scripts: [{ name: 'quick', run: 'id -u' }] });
      for (let kills = 0; kills < KILLS;) {
        const boots = kills % 4 === 3;
        const workspace = boots ? quick : other;
        if (await killAtRandom(sandbox.start(workspace, 'up'), 'up', boots ? 3 : 1)) kills++;
        const state = await expectRepair(workspace);
        if (state === 'up' && !boots) await succeed(other, 'reset');
      }
      await succeed(quick, 'up');
      expect(await succeed(quick, 'run', 'sh', '-c', 'cat ~/marker')).toBe('kept');
      await succeed(quick, 'down');
      await expectNothingLeft();
    });

    test(`SIGKILL of down at ${KILLS} random moments, then of all there is (DEWAR_KILL_SEED=${SEED})`, async () => {
      const marker = `marker ${SEED}`;
      const other = await sandbox.workspace('another', {
        scripts: [{ name: 'mark', run: `[ -e ~/marker ] || { echo ${marker} >~/marker; sync; }` }],
      });
      const disk = join(other, '.dewar/root.qcow2');
      for (let kills = 0; kills < KILLS;) {
        // One with a new disk thaws.
        await rm(disk, { force: true });
        await succeed(other, 'up');
        const down = sandbox.start(other, 'down');
        if (kills === 0) await signalAt(down, until['it powers off'], 'SIGKILL');
        else if (kills === 1) await killWhenRemoving(down);
        if (kills < 2 || (await killAtRandom(down, 'down'))) kills++;
        await expectRepair(other);
        expect((await readFile(disk)).includes(marker)).toBe(true);
      }
      await succeed(other, 'up');
      expect(await succeed(other, 'run', 'sh', '-c', 'cat ~/marker')).toBe(marker);
      // As after a crash of the host: nothing runs, and what lay in memory is gone.
      for (const pid of await sandbox.processes()) process.kill(pid, 'SIGKILL');
      await rm(join(sandbox.runtime, 'dewar'), { recursive: true });
      await succeed(other, 'up');
      expect(await succeed(other, 'run', 'sh', '-c', 'cat ~/marker')).toBe(marker);
      await succeed(other, 'down');
      await expectNothingLeft();
    });

    describe('while it is up', () => {
      let workspace: string;

      beforeAll(async () => {
        const shared = join(sandbox.directory, 'shared');
        await mkdir(shared);
        workspace = await sandbox.workspace('killed', {
          mounts: [
            { source: '.', target: '~/workspace' },
            { source: shared, target: '~/shared' },
          ],
        });
        await succeed(workspace, 'up');
      });

      test('SIGKILL of the ssh connections: the next command connects again', async () => {
        const masters = await sandbox.processes('-MNf');
        expect(masters).not.toEqual([]);
        for (const pid of masters) process.kill(pid, 'SIGKILL');
        expect(await succeed(workspace, 'run', 'id', '-un')).toBe('dewar');
      });

      test('SIGKILL of what serves the shares: status, unmount and down work', async () => {
        const daemons = await sandbox.processes(SHARES.server);
        expect(daemons.length).toBeGreaterThanOrEqual(2);
        for (const pid of daemons) process.kill(pid, 'SIGKILL');
        expect(await stateOf(workspace)).toBe('up');
        await succeed(workspace, 'unmount', '~/shared');
        expect(await succeed(workspace, 'run', '--workdir', '/', 'id', '-un')).toBe('dewar');
        // The guest waits for the other share.
        await succeed(workspace, 'down', '--timeout', '5');
        await expectNothingLeft();
      });

      test('SIGKILL of the machine: status says that it is down, and nothing is left', async () => {
        await succeed(workspace, 'reset', '--force');
        await succeed(workspace, 'up');
        const machines = await sandbox.processes(testDriver.program);
        expect(machines).toHaveLength(1);
        for (const pid of machines) process.kill(pid, 'SIGKILL');
        expect(await stateOf(workspace)).toBe('down');
        await expectNothingLeft();
      });
    });
  });
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Kills a dewar some time before it has done its work, in all likelihood.
 * @returns false when it was quicker
 */
async function killAtRandom(running: Running, kind: keyof typeof taken, times = 1): Promise<boolean> {
  const start = performance.now();
  await Promise.race([running.ended, sleep(random.number(Math.ceil(taken[kind] * times)))]);
  const isKilled = !running.hasEnded();
  if (isKilled) process.kill(running.pid, 'SIGKILL');
  else taken[kind] = performance.now() - start;
  await running.ended;
  return isKilled;
}

/** The first that is done to remove a machine is to keep the ends of its logs. */
async function killWhenRemoving(running: Running): Promise<void> {
  const watcher = watch(join(sandbox.cache, testDriver.name, 'logs'), () => {
    if (!running.hasEnded()) process.kill(running.pid, 'SIGKILL');
  });
  expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });
  watcher.close();
}
