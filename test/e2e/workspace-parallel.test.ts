import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cannotBoot, guestImage } from '../support/guest-image.ts';
import { THAWED } from '../support/test-driver.ts';
import { workspaceSandbox } from '../support/workspace-sandbox.ts';
import type { Outcome, WorkspaceSandbox } from '../support/workspace-sandbox.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

interface Up {
  name: string;
  how: string;
  slot: number;
  pid: number;
}

const numerically = (a: number, b: number): number => a - b;

describe.skipIf(cannotBoot !== undefined)(
  `eight workspaces at a time (skipped ${cannotBoot ?? 'never'})`,
  () => {
    let sandbox: WorkspaceSandbox;
    let workspaces: string[];

    beforeAll(async () => {
      sandbox = await workspaceSandbox(await guestImage('systemd'));
      workspaces = await Promise.all(NAMES.map((name) => sandbox.workspace(name)));
    });

    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]();
    });

    /** Runs the same command in some of them at once; each must succeed, without a warning. */
    async function inEach(directories: readonly string[], ...args: string[]): Promise<string[]> {
      const outcomes = await Promise.all(directories.map((directory) => sandbox.dewar(directory, ...args)));
      expect(outcomes.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
      expect(outcomes.flatMap(({ stderr }) => warningsIn(stderr))).toEqual([]);
      return outcomes.map(({ stdout }) => stdout);
    }

    const ups = async (directories: readonly string[]): Promise<Up[]> =>
      (await inEach(directories, 'up', '--json')).map((text) => JSON.parse(text) as Up);

    test('first ups of one kind: all boot, whoever is first saves the machine', async () => {
      const first = workspaces.slice(0, 2);
      expect((await ups(first)).map(({ how }) => how)).toEqual(['booted', 'booted']);
      const standbys = await readdir(join(sandbox.cache, 'workspaces/standbys'));
      expect(standbys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
      await inEach(first, 'reset', '--force');
      expect(await sandbox.leftovers()).toEqual([]);
    });

    test('each of eight gets a slot of its own, all thaw from that machine, and answer', async () => {
      const up = await ups(workspaces);
      expect(up.map(({ name, how }) => ({ name, how }))).toEqual(
        NAMES.map((name) => ({ name, how: THAWED })),
      );
      expect(up.map(({ slot }) => slot).toSorted(numerically)).toEqual(NAMES.map((_, index) => index));
      const said = (await inEach(workspaces, 'run', 'cat', '/etc/hostname', '/etc/machine-id')).map((text) =>
        text.split('\n'),
      );
      expect(said.map(([name]) => name)).toEqual(NAMES);
      expect(new Set(said.map(([, id]) => id)).size).toBe(NAMES.length);
      const { machines } = JSON.parse(
        (await sandbox.dewar(sandbox.directory, 'status', '--json')).stdout,
      ) as {
        machines: { name: string; state: string; running: { slot: number; pid: number } }[];
      };
      const shown = machines.map(({ name, state, running: { slot, pid } }) => ({ name, state, slot, pid }));
      expect(shown.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
        up.map(({ name, slot, pid }) => ({ name, state: 'up', slot, pid })),
      );
      expect(await sandbox.litter()).toEqual([]);
    });

    test('they go down at once: nothing is left', async () => {
      await inEach(workspaces, 'down');
      expect(await sandbox.leftovers()).toEqual([]);
    });
  },
);

function warningsIn(stderr: Outcome['stderr']): string[] {
  return stderr.split('\n').filter((line) => /warning|error/i.test(line));
}

describe('slots', () => {
  const PROCESSES = 8;
  const EACH = 9;
  const SLOTS = 64;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dewar-test-'));
  });

  afterAll(() => rm(directory, { recursive: true }));

  /** Takes some, says which, and keeps them until its input ends. */
  const TAKER = `
import { takeSlot } from ${JSON.stringify(fileURLToPath(new URL('../../src/network/slots.ts', import.meta.url)))};
const [, , runtime, name, count] = process.argv;
// A lock that nobody keeps is given back some time.
const kept = [];
const taken = await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    const holder = { state: '/w', workspace: '/w', name: name + index, machine: 'm', driver: 'qemu' };
    try {
      const slot = await takeSlot({ XDG_RUNTIME_DIR: runtime }, holder);
      kept.push(slot);
      return slot.number;
    } catch (error) {
      return error.code;
    }
  }),
);
console.log(JSON.stringify(taken));
process.stdin.on('end', () => Promise.all(kept.map(({ lock }) => lock.release()))).resume();
`;

  test(`${PROCESSES} processes take ${EACH} each at once: none twice, and no more than there are`, async () => {
    const program = join(directory, 'taker.mts');
    await writeFile(program, TAKER);
    const jiti = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url));
    const runtime = join(directory, 'runtime');
    await mkdir(runtime);
    const takers = Array.from({ length: PROCESSES }, (_, index) =>
      execa(process.execPath, [jiti, program, runtime, `${index}-`, String(EACH)]),
    );
    const said = await Promise.all(
      takers.map(
        async ({ stdout }) =>
          new Promise<string>((resolve) => stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))),
      ),
    );
    for (const { stdin } of takers) stdin.end();
    await Promise.all(takers);
    const all = said.flatMap((text) => JSON.parse(text) as (number | string)[]);
    const numbers = all.filter((one) => typeof one === 'number');
    expect(numbers.toSorted(numerically)).toEqual([...Array(SLOTS).keys()]);
    expect(all.filter((one) => typeof one === 'string')).toEqual(
      Array.from({ length: PROCESSES * EACH - SLOTS }, () => 'NO_SLOT'),
    );
  });
});
