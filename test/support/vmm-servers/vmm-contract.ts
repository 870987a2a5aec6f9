import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setAddress } from '../../../src/guest/set-address.ts';
import { digestFile } from '../../../src/platform/durable-files.ts';
import type { MachineContext } from '../../../src/vmm/machine/machine-context.ts';
import type { UnreachedMachine } from '../../../src/vmm/machine/own-machine.ts';
import type { VirtualMachine } from '../../../src/vmm/machine/virtual-machine.ts';
import type { TapVmm } from '../../../src/vmm/machine/tap/tap-vmm.ts';
import type { VmmName } from './api-description.ts';
import type { CallEntry, Entry } from './control.ts';
import { checkWithDescription } from './description-check.ts';
import { CALL_CODES, casesOf, deadlinesFor, expectedError, failure } from './misdeed-cases.ts';
import { noStandInGuest } from './stand-in-machine.ts';
import { vmmLab } from './vmm-lab.ts';
import type { VmmLab } from './vmm-lab.ts';

/** A driver, as far as its contract with its VMM is tested. */
export interface DriverUnderTest {
  vmm: TapVmm & { name: VmmName };
  /** In order, as the stand-in logs them; the network's policy is in force before the first of each. */
  calls: Record<Work, readonly string[]>;
  /** Of those of freezing: what was asked for is there without it. */
  needless: readonly string[];
  /** The last of a restore, with which the guest runs. */
  resume: string;
  /** What the request that loads a snapshot says of the clone's own TAP; or undefined. */
  tapOf(loaded: unknown): unknown;
}

export type Work = 'create' | 'freeze' | 'restore';

const NOTHING = { files: [], processes: [] };
const FREEZE_CODES = { ...CALL_CODES, fault: 'FREEZE_FAILED' };
const failed = 'RESTORE_FAILED';
const RESTORE_CODES = { fault: failed, stall: failed, drop: failed, die: failed };

/** Tests of a driver with the stand-in of its VMM: what it sends, in which order, and how each call that fails ends. */
export function vmmContract(driver: DriverUnderTest): void {
  describe(`making a machine with the stand-in of ${driver.vmm.name}, behind which there is no guest`, () => {
    let lab: VmmLab;
    beforeAll(async () => (lab = await vmmLab(driver.vmm.name, { guests: false })));
    afterAll(() => lab[Symbol.asyncDispose]());

    const steps = ['START', ...driver.calls.create, 'CONNECT'];
    test.each(casesOf(steps))('%s: %s', async (call, does) => {
      const error = await failure(lab, [{ call, does }], (context) => create(driver, lab, context));
      expect(error).toMatchObject(expectedError(call, does, CALL_CODES));
      await expect.poll(() => lab.left()).toEqual(NOTHING);
    });
  });

  describe.skipIf(noStandInGuest !== undefined)(
    `machines with the stand-in of ${driver.vmm.name}, with guests (skipped: ${noStandInGuest ?? 'never'})`,
    () => {
      let lab: VmmLab;
      let bundle: string;
      /** Of one machine that was made, frozen and brought back. */
      let log: Record<Work, Entry[]>;

      beforeAll(async () => {
        lab = await vmmLab(driver.vmm.name, { guests: true });
        bundle = join(lab.directory, 'bundle');
        let from = 0;
        const since = (): Entry[] => {
          const entries = lab.control.entries();
          return entries.slice(from, (from = entries.length));
        };
        const machine = await create(driver, lab);
        const created = since();
        await machine.freeze(bundle);
        const frozen = since();
        const clone = await restore(driver, lab, bundle);
        log = { create: created, freeze: frozen, restore: since() };
        await clone.kill();
      });
      afterAll(() => lab[Symbol.asyncDispose]());

      test.each(['create', 'freeze', 'restore'] as const)('%s: the calls, and their order', (work) => {
        expect(callsOf(log[work]).map(({ call }) => call)).toEqual(driver.calls[work]);
        expect(callsOf(log[work]).filter(({ status = 0 }) => status >= 300)).toEqual([]);
      });

      test('the description has every field that is sent, and would not have another one', async () => {
        const sent = Object.values(log)
          .flatMap(callsOf)
          .map(({ call, body }) => ({ ...split(call), body }));
        const { refused, missed, spoilt } = await checkWithDescription(driver.vmm.name, sent);
        expect({ refused, missed }).toEqual({ refused: [], missed: [] });
        expect(spoilt).toBeGreaterThan(sent.length);
      });

      test.each(['create', 'restore'] as const)(
        '%s: the policy is in force before the guest runs',
        (work) => {
          const notes = log[work].map((entry) => ('note' in entry ? entry.note.split(':')[0] : entry.call));
          const policy = notes.indexOf('policy in force');
          expect(policy).toBeGreaterThanOrEqual(0);
          expect(policy).toBeLessThan(notes.indexOf('guest started'));
        },
      );

      test('the CPUs stand from before the state is saved until the machine has ended', () => {
        const states = callsOf(log.freeze).map(({ state }) => state);
        expect(states).toEqual(['Running', ...states.slice(1).map(() => 'Paused')]);
        // No frozen machine runs again, so that the disk that is taken is of the moment of its memory.
        const after = callsOf(log.freeze).slice(1);
        expect(after.map(({ call }) => call)).not.toContain(driver.resume);
      });

      test('a clone gets its TAP and its disk before it runs, and runs with the last call', () => {
        const calls = callsOf(log.restore);
        expect(calls.at(-1)).toMatchObject({ call: driver.resume, state: 'Paused' });
        const started = log.restore.flatMap((entry) => ('note' in entry ? [entry.note] : []));
        expect(started).toContainEqual(expect.stringMatching(/^guest started: .*root\.raw$/));
        const tap = driver.tapOf(calls[0]?.body);
        expect(tap === undefined ? 'dwtest1' : tap).toBe('dwtest1');
      });

      test('two clones at once: each has its own disk and network, and the bundle stays as it is', async () => {
        const before = await digests(bundle);
        const clones = await Promise.all([restore(driver, lab, bundle), restore(driver, lab, bundle)]);
        for (const [index, { ssh }] of clones.entries())
          await ssh.run(['sh', '-c', `echo ${index} >/root/own && sync`]);
        const own = await Promise.all(clones.map(({ ssh }) => ssh.run(['cat', '/root/own'])));
        expect(own.map(({ stdout }) => stdout.toString().trim())).toEqual(['0', '1']);
        await Promise.all(clones.map((clone) => clone.kill()));
        expect(await digests(bundle)).toEqual(before);
        await expect.poll(() => lab.left()).toEqual(NOTHING);
      });

      const needed = driver.calls.freeze.filter((call) => !driver.needless.includes(call));
      test.each(casesOf(needed))('freezing, %s: %s', async (call, does) => {
        const machine = await create(driver, lab);
        const into = join(lab.directory, `bundle-${does}`);
        await mkdir(into, { recursive: true });
        const error = await failure(lab, [{ call, does }], (context) => {
          Object.assign(lab.deadlines, context.deadlines);
          return machine.freeze(into);
        });
        lab.deadlines = {};
        await machine.kill();
        expect(error).toMatchObject(expectedError(call, does, FREEZE_CODES));
        expect(await readdir(into)).toEqual([]);
        await expect.poll(() => lab.left()).toEqual(NOTHING);
      });

      test.skipIf(driver.needless.length === 0).each(casesOf(driver.needless))(
        'freezing succeeds although %s: %s',
        async (call, does) => {
          const machine = await create(driver, lab);
          const into = join(lab.directory, `bundle-although-${does}`);
          lab.control.order([{ call, does }]);
          Object.assign(lab.deadlines, deadlinesFor([{ call, does }]));
          await machine.freeze(into);
          lab.deadlines = {};
          lab.control.order([]);
          await expect.poll(() => lab.left()).toEqual(NOTHING);
          const clone = await restore(driver, lab, into);
          await clone.kill();
        },
      );

      test.each(casesOf(['START', ...driver.calls.restore, 'CONNECT']))(
        'bringing back, %s: %s',
        async (call, does) => {
          const error = await failure(lab, [{ call, does }], (context) =>
            restore(driver, lab, bundle, context),
          );
          expect(error).toMatchObject(expectedError(call, does, RESTORE_CODES));
          await expect.poll(() => lab.left()).toEqual(NOTHING);
        },
      );
    },
  );
}

async function create(
  driver: DriverUnderTest,
  lab: VmmLab,
  context: MachineContext = lab,
): Promise<VirtualMachine> {
  const tap = await lab.tap();
  const beforeSsh = ({ agent }: UnreachedMachine): Promise<void> => setAddress(agent, tap, {});
  const { image } = lab;
  return driver.vmm.create({ image, cpus: 1, memoryMiB: 128, freezable: true, tap, beforeSsh }, context);
}

async function restore(
  driver: DriverUnderTest,
  lab: VmmLab,
  bundle: string,
  context: MachineContext = lab,
): Promise<VirtualMachine> {
  const tap = await lab.tap();
  return driver.vmm.restore(
    bundle,
    {
      image: lab.image,
      tap,
      beforeSsh: ({ agent }) => setAddress(agent, tap, {}),
      beforeServing: () => Promise.resolve(),
    },
    context,
  );
}

function callsOf(entries: readonly Entry[]): CallEntry[] {
  return entries.filter((entry): entry is CallEntry => 'call' in entry);
}

function split(call: string): { method: string; path: string } {
  const [method = '', path = ''] = call.split(' ');
  return { method, path };
}

async function digests(directory: string): Promise<Record<string, unknown>> {
  const names = await readdir(directory);
  const entries = names.map(async (name) => [name, await digestFile(join(directory, name))] as const);
  return Object.fromEntries(await Promise.all(entries));
}
