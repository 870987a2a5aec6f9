import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { setAddress } from '../../../src/guest/set-address.ts';
import { processesWithVariable } from '../../../src/platform/processes-with-variable.ts';
import { attachMachine } from '../../../src/vmm/machine/attach-machine.ts';
import type { MachineContext } from '../../../src/vmm/machine/machine-context.ts';
import { newMachineId } from '../../../src/vmm/machine/machine-directory.ts';
import { machinePaths, shareVariable } from '../../../src/vmm/machine/machine-paths.ts';
import { readMachineRecord } from '../../../src/vmm/machine/machine-record.ts';
import type { TapVmm } from '../../../src/vmm/machine/tap/tap-vmm.ts';
import type { VirtualMachine } from '../../../src/vmm/machine/virtual-machine.ts';
import type { VmmName } from './api-description.ts';
import type { Misdeed, Order } from './control.ts';
import { CALL_CODES, CALL_WORDS, deadlinesFor, expectedError, failure } from './misdeed-cases.ts';
import { noStandInGuest } from './stand-in-machine.ts';
import { vmmLab } from './vmm-lab.ts';
import type { VmmLab } from './vmm-lab.ts';

/** What is asked of a machine that runs, and what that asks of its VMM. */
export interface PlugWork {
  name: string;
  /** Why it cannot be tried here. */
  skipped?: string | undefined;
  /** Makes what is there before. */
  prepare?: (machine: VirtualMachine, lab: VmmLab) => Promise<unknown>;
  /** What fails; it can be done again. */
  work: (machine: VirtualMachine, lab: VmmLab) => Promise<unknown>;
  /** Names of what is plugged in, as later processes know it. */
  devices: {
    before: readonly string[];
    /** Where nobody can say whether the VMM has done it. */
    unclear: readonly string[];
    after: readonly string[];
  };
  calls: readonly PlugCall[];
}

export interface PlugCall extends Pick<Order, 'call' | 'nth'> {
  /** It changes something: the VMM may have done it, and its answer is lost. */
  changes: boolean;
}

/** Only the process that started a VMM knows how it has ended. */
const WORDS = { ...CALL_WORDS, die: /^[A-Z][\w ]+ ended(\n|$)/ };
const NOTHING = { files: [], processes: [], daemons: [] };

/** Tests how each call of hot plug that fails ends: what the error says, what is left, and whether the machine goes on. */
export function plugContract(vmm: TapVmm & { name: VmmName }, works: readonly PlugWork[]): void {
  describe.skipIf(noStandInGuest !== undefined)(
    `plugging with the stand-in of ${vmm.name} (skipped: ${noStandInGuest ?? 'never'})`,
    () => {
      let lab: VmmLab;
      beforeAll(async () => (lab = await vmmLab(vmm.name, { guests: true })));
      afterAll(() => lab[Symbol.asyncDispose]());

      describe.each(works.map((plug) => [titleOf(plug), plug] as const))('%s', (_, plug) => {
        const { skipped, prepare, work, devices } = plug;

        async function fail(machine: VirtualMachine, order: Order): Promise<Seen> {
          await prepare?.(machine, lab);
          const before = await look(machine);
          expect(before.devices).toEqual(devices.before);
          const error = await failure(lab, [order], () => work(machine, lab));
          expect(error).toMatchObject(expectedError(order.call, order.does, CALL_CODES, WORDS));
          return before;
        }

        const clear = casesOf(plug, [
          { does: 'fault' },
          { does: 'drop' },
          { does: 'drop', late: true },
          { does: 'stall', late: true },
        ]);
        test.skipIf(skipped !== undefined).each(clear)(
          '%s: nothing has changed, and it can be done again',
          async (_, order) => {
            const machine = await start(vmm, lab, order);
            const before = await fail(machine, order);
            expect(await look(machine)).toEqual(before);
            expect(await runs(machine)).toBe(true);
            await work(machine, lab);
            expect((await look(machine)).devices).toEqual(devices.after);
            await end(machine, lab);
          },
        );

        const silent = casesOf(plug, [{ does: 'stall' }]);
        test.skipIf(skipped !== undefined).each(silent)(
          '%s: what the VMM may have is remembered; nothing else is left',
          async (_, order) => {
            const machine = await start(vmm, lab, order);
            const before = await fail(machine, order);
            expect(await look(machine)).toEqual({ ...before, devices: devices.unclear });
            expect(await runs(machine)).toBe(true);
            await end(machine, lab);
          },
        );

        const dead = casesOf(plug, [{ does: 'die' }, { does: 'die', late: true }]);
        test.skipIf(skipped !== undefined).each(dead)(
          '%s: the machine has ended, and all with it',
          async (_, order) => {
            const machine = await start(vmm, lab, order);
            await fail(machine, order);
            expect(await machine.status()).toMatchObject({ alive: false });
            await expect.poll(async () => (await look(machine)).serves).toBe(false);
            await end(machine, lab);
          },
        );
      });
    },
  );
}

function titleOf({ name, skipped }: PlugWork): string {
  return skipped === undefined ? name : `${name} (skipped: ${skipped})`;
}

function casesOf(
  { calls }: PlugWork,
  misdeeds: readonly { does: Misdeed; late?: true }[],
): [string, Order][] {
  return calls.flatMap(({ changes, ...call }) =>
    misdeeds
      .filter(({ late }) => changes || late === undefined)
      .map((misdeed): [string, Order] => {
        const nth = call.nth === undefined ? '' : `, number ${call.nth}`;
        const late = misdeed.late === undefined ? '' : ' when it is done';
        return [`${call.call}${nth}: ${misdeed.does}${late}`, { ...call, ...misdeed }];
      }),
  );
}

/** @returns a machine that another process has left, with the deadlines for what is to come */
async function start(vmm: TapVmm, lab: VmmLab, order: Order): Promise<VirtualMachine> {
  const tap = await lab.tap();
  const id = newMachineId();
  const made = await vmm.create(
    {
      image: lab.image,
      cpus: 1,
      memoryMiB: 128,
      freezable: false,
      tap,
      outlives: { id, holds: [] },
      beforeSsh: ({ agent }) => setAddress(agent, tap, {}),
    },
    lab,
  );
  await made.letGo();
  const context: MachineContext = { ...lab, deadlines: deadlinesFor([order]) };
  const machine = await attachMachine(id, vmm.connect, context);
  onTestFinished(() => machine.kill());
  return machine;
}

interface Seen {
  files: string[];
  devices: string[];
  /** Whether somebody serves a share. */
  serves: boolean;
}

/** Looks at what a machine has on this host. */
async function look({ directory }: VirtualMachine): Promise<Seen> {
  const record = await readMachineRecord(machinePaths(directory));
  return {
    files: (await readdir(directory)).toSorted(),
    devices: (record?.devices ?? []).map(({ kind, id }) => `${kind} ${id}`),
    serves: (await daemonsOf(directory)).length > 0,
  };
}

async function end(machine: VirtualMachine, lab: VmmLab): Promise<void> {
  await machine.kill();
  await expect.poll(() => leftOf(lab, machine)).toEqual(NOTHING);
}

async function runs({ ssh }: VirtualMachine): Promise<boolean> {
  return (await ssh.run(['true'])).exitCode === 0;
}

async function leftOf(
  lab: VmmLab,
  { directory }: VirtualMachine,
): Promise<{ files: string[]; processes: string[]; daemons: number[] }> {
  return { ...(await lab.left()), daemons: await daemonsOf(directory) };
}

function daemonsOf(directory: string): Promise<number[]> {
  return processesWithVariable(shareVariable(directory));
}
