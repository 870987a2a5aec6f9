import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DewarError } from '../../../src/core/errors.ts';
import { setAddress } from '../../../src/guest/set-address.ts';
import { digestFile } from '../../../src/platform/durable-files.ts';
import type { MachineContext } from '../../../src/vmm/machine/machine-context.ts';
import type { UnreachedMachine } from '../../../src/vmm/machine/own-machine.ts';
import type { VirtualMachine } from '../../../src/vmm/machine/virtual-machine.ts';
import type { TapVmm } from '../../../src/vmm/machine/tap/tap-vmm.ts';
import { apiDescription } from './api-description.ts';
import type { VmmName } from './api-description.ts';
import { ORDERED_FAULT } from './control.ts';
import type { CallEntry, Entry, Misdeed, Order } from './control.ts';
import { prepareDescription } from './prepare-description.ts';
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

const MISDEEDS = ['fault', 'stall', 'drop', 'die'] as const;
/** Long enough for what is answered, on a busy host, and not for more. */
const PATIENCE_MS = 4_000;
const NOTHING = { files: [], processes: [] };

/** Tests of a driver with the stand-in of its VMM: what it sends, in which order, and how each call that fails ends. */
export function vmmContract(driver: DriverUnderTest): void {
  describe(`making a machine with the stand-in of ${driver.vmm.name}, behind which there is no guest`, () => {
    let lab: VmmLab;
    beforeAll(async () => (lab = await vmmLab(driver.vmm.name, { guests: false })));
    afterAll(() => lab[Symbol.asyncDispose]());

    const steps = ['START', ...driver.calls.create, 'CONNECT'];
    test.each(casesOf(steps))('%s: %s', async (call, does) => {
      const error = await failure(lab, [{ call, does }], (context) => create(driver, lab, context));
      expect(error).toMatchObject(expected(call, does, 'COMMAND_REFUSED'));
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
        const description = await apiDescription(driver.vmm.name, prepareDescription(driver.vmm.name));
        const sent = Object.values(log).flatMap(callsOf);
        const refused = sent.map(({ call, body }) => description.refuses({ ...split(call), body })?.why);
        expect(refused).toEqual(sent.map(() => undefined));
        const withBody = sent.filter(({ body }) => body !== undefined);
        const spoilt = withBody.flatMap(({ call, body }) =>
          spoil(body).map((changed) => description.refuses({ ...split(call), body: changed })?.kind),
        );
        expect(spoilt.length).toBeGreaterThanOrEqual(withBody.length);
        expect(new Set(spoilt)).toEqual(new Set(['body']));
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
        expect(error).toMatchObject(
          expected(call, does, expect.stringMatching(/COMMAND_REFUSED|FREEZE_FAILED/)),
        );
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
          expect(error).toMatchObject(
            expected(call, does, expect.stringMatching(/COMMAND_REFUSED|RESTORE_FAILED/)),
          );
          await expect.poll(() => lab.left()).toEqual(NOTHING);
        },
      );
    },
  );
}

/** Each call with each misdeed; a program that starts has no connection to drop. */
function casesOf(calls: readonly string[]): [string, Misdeed][] {
  return calls.flatMap((call) =>
    MISDEEDS.filter((does) => call !== 'START' || does !== 'drop').map((does): [string, Misdeed] => [
      call,
      does,
    ]),
  );
}

/** What an error must be like. @param refused code of a refusal */
function expected(call: string, does: Misdeed, refused: unknown): object {
  if (call === 'CONNECT' || call === 'START') return {};
  const messages: Record<Misdeed, RegExp> = {
    fault: new RegExp(ORDERED_FAULT),
    stall: /did not answer/,
    drop: /closed its connection/,
    die: /ended by SIGKILL/,
  };
  const message: unknown = expect.stringMatching(messages[does]);
  return does === 'fault' ? { code: refused, message } : { message };
}

/** Does work that must fail. @returns the error */
async function failure(
  lab: VmmLab,
  orders: readonly Order[],
  work: (context: MachineContext) => Promise<unknown>,
): Promise<DewarError> {
  lab.control.order(orders);
  try {
    const done: unknown = await work({ ...lab, deadlines: deadlinesFor(orders) });
    throw new Error(`it did not fail: ${String(done)}`);
  } catch (error) {
    if (error instanceof DewarError) return error;
    throw error;
  } finally {
    lab.control.order([]);
  }
}

function deadlinesFor(orders: readonly Order[]): NonNullable<MachineContext['deadlines']> {
  const stalls = orders.filter(({ does }) => does === 'stall').map(({ call }) => call);
  if (stalls.includes('START')) return { start: PATIENCE_MS };
  // A guest that is not reached is asked again until its deadline.
  const guest = { boot: PATIENCE_MS, wake: PATIENCE_MS };
  if (orders.some(({ call }) => call === 'CONNECT')) return guest;
  return stalls.length === 0 ? {} : { ...guest, answer: PATIENCE_MS, load: PATIENCE_MS, save: PATIENCE_MS };
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

/** @returns the body with a field more, in each of the objects of which it is made */
function spoil(body: unknown): unknown[] {
  if (Array.isArray(body))
    return body.flatMap((item, index) =>
      spoil(item).map((changed) => body.map((other: unknown, at) => (at === index ? changed : other))),
    );
  if (typeof body !== 'object' || body === null) return [];
  const inner = Object.entries(body).flatMap(([key, value]) =>
    spoil(value).map((changed) => ({ ...body, [key]: changed })),
  );
  return [{ ...body, 'no-such-field': 1 }, ...inner];
}

async function digests(directory: string): Promise<Record<string, unknown>> {
  const names = await readdir(directory);
  const entries = names.map(async (name) => [name, await digestFile(join(directory, name))] as const);
  return Object.fromEntries(await Promise.all(entries));
}
