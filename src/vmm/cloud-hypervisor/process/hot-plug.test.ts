import { expect, test } from 'vitest';
import { DewarError } from '../../../core/errors.ts';
import { VmmFault } from '../../http/vmm-api.ts';
import type { HotPlug, HotPlugOptions } from '../../machine/hot-plug.ts';
import type { PluggedDevice } from '../../machine/machine-record.ts';
import type { CloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';
import { hotPlug } from './hot-plug.ts';

interface Bench {
  plug: HotPlug;
  /** In their order. */
  calls: string[];
  /** What later processes are told. */
  kept: () => readonly string[];
}

interface Behaviour {
  looks?: number;
  /** Why a device does not come. */
  fails?: DewarError;
  /** It has come all the same. */
  comes?: boolean;
  /** It answers nothing else any more. */
  mute?: boolean;
  /** Why its daemon has ended. */
  daemon?: DewarError;
  announced?: PluggedDevice[];
}

/** A VMM whose guest lets go of a device when it was looked at as often as that. */
function bench({ looks = 1, fails, comes, mute, daemon, announced = [] }: Behaviour = {}): Bench {
  const calls: string[] = [];
  const there = new Set(['root', 'net']);
  let leaving: { id: string; looks: number } | undefined;
  let kept: readonly PluggedDevice[] = announced;
  const add = ({ id }: { id: string }): Promise<void> => {
    calls.push(`add ${id}`);
    if (fails === undefined || comes === true) there.add(id);
    return fails === undefined ? Promise.resolve() : Promise.reject(fails);
  };
  const api: Pick<CloudHypervisorApi, 'addDisk' | 'addShare' | 'removeDevice' | 'info'> = {
    addDisk: add,
    addShare: add,
    removeDevice(id) {
      calls.push(`remove ${id}`);
      leaving = { id, looks };
      return Promise.resolve();
    },
    info() {
      if (mute === true) return Promise.reject(failed('NO_ANSWER'));
      if (leaving !== undefined && leaving.looks-- === 0) there.delete(leaving.id);
      return Promise.resolve({ state: 'Running', devices: [...there] });
    },
  };
  const daemons: HotPlugOptions['daemons'] = {
    start: ({ id }) => {
      calls.push(`serve ${id}`);
      return Promise.resolve({ socket: `share-${id}.sock` });
    },
    failure: () => Promise.resolve(daemon),
    stop: (id) => Promise.resolve(void calls.push(`stop ${id}`)),
  };
  const plug = hotPlug(api as CloudHypervisorApi, 'the guest', {
    limits: { answer: {}, unplug: { deadlineMs: 200 } },
    daemons,
    devices: announced,
    keep: (now) => Promise.resolve(void (kept = now)),
  });
  return { plug, calls, kept: () => kept.map(({ kind, id }) => `${kind} ${id}`) };
}

function failed(code: string, cause?: unknown): DewarError {
  return new DewarError({ code, message: 'no slot is free', mend: 'remove one', cause });
}

const DISK = { id: 'creds', path: '/w/creds', format: 'raw' as const, readOnly: true };
const SHARE = { id: 'src', source: '/w', readOnly: false };

test('a device is remembered while it is there, and gone when the guest has let go of it', async () => {
  const { plug, calls, kept } = bench({ looks: 2 });
  expect(await plug.addDisk(DISK)).toBeUndefined();
  await plug.addShare(SHARE);
  expect(kept()).toEqual(['disk creds', 'share src']);
  await plug.removeDevice('src');
  expect(kept()).toEqual(['disk creds']);
  expect(calls).toEqual(['add disk-creds', 'serve src', 'add share-src', 'remove share-src', 'stop src']);
});

test('a device that was refused is forgotten, and what served it ends', async () => {
  const { plug, calls, kept } = bench({ fails: failed('COMMAND_REFUSED') });
  await expect(plug.addShare(SHARE)).rejects.toMatchObject({ code: 'COMMAND_REFUSED' });
  expect(kept()).toEqual([]);
  expect(calls.at(-1)).toBe('stop src');
});

test.each(['NO_ANSWER', 'CONNECTION_LOST', 'INTERRUPTED'])(
  'a device that may have come although %s is taken back before what serves it ends',
  async (code) => {
    const { plug, calls, kept } = bench({ fails: failed(code), comes: true });
    await expect(plug.addShare(SHARE)).rejects.toMatchObject({ code });
    expect(calls).toEqual(['serve src', 'add share-src', 'remove share-src', 'stop src']);
    expect(kept()).toEqual([]);
  },
);

test('a device of which nobody says whether it has come stays known', async () => {
  const { plug, calls, kept } = bench({ fails: failed('NO_ANSWER'), mute: true });
  await expect(plug.addShare(SHARE)).rejects.toMatchObject({ code: 'NO_ANSWER' });
  expect(calls).toEqual(['serve src', 'add share-src', 'stop src']);
  expect(kept()).toEqual(['share src']);
});

test.each([
  ['COMMAND_REFUSED', new VmmFault(500, 'cannot connect to the socket'), 'SHARE_FAILED'],
  ['NO_ANSWER', undefined, 'SHARE_FAILED'],
  ['CONNECTION_LOST', undefined, 'CONNECTION_LOST'],
  ['MACHINE_ENDED', undefined, 'MACHINE_ENDED'],
])('a daemon that has ended explains %s: %s', async (code, cause, said) => {
  const { plug } = bench({ fails: failed(code, cause), daemon: failed('SHARE_FAILED') });
  await expect(plug.addShare(SHARE)).rejects.toMatchObject({ code: said });
});

test('a guest that keeps a device is waited for as long as it may take', async () => {
  const { plug, kept } = bench({ looks: 1000 });
  await plug.addDisk(DISK);
  await expect(plug.removeDevice('creds')).rejects.toMatchObject({
    code: 'NO_ANSWER',
    message: 'the guest did not let go of creds within 0.2 s',
  });
  expect(kept()).toEqual(['disk creds']);
});

test('what a process that died had only announced is forgotten without asking the guest', async () => {
  const { plug, calls, kept } = bench({ announced: [{ id: 'late', kind: 'share', slot: '' }] });
  await plug.removeDevice('late');
  expect(kept()).toEqual([]);
  expect(calls).toEqual(['stop late']);
});

test.each([
  ['root/../x', 'no device can be plugged in or out: "root/../x" is no free name'],
  ['twenty-one-letters-is', 'no device can be plugged in or out: "twenty-one-letters-is" is no free name'],
])('%j names no device', async (id, message) => {
  await expect(bench().plug.addDisk({ ...DISK, id })).rejects.toMatchObject({ code: 'CANNOT_PLUG', message });
});

test('only raw disks are plugged in, and only what was plugged in is taken away', async () => {
  const { plug } = bench();
  await expect(plug.addDisk({ ...DISK, format: 'qcow2' })).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
  await expect(plug.removeDevice('root')).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
});
