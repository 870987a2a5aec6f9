import { beforeEach, describe, expect, test } from 'vitest';
import { DewarError } from '../../../core/errors.ts';
import type { HotPlug, HotPlugOptions } from '../../machine/hot-plug.ts';
import type { PluggedDevice } from '../../machine/machine-record.ts';
import type { ApiRequest } from '../plan/api-request.ts';
import { drivePlug } from './drive-plug.ts';

let asked: ApiRequest[] = [];
let kept: PluggedDevice[][] = [];
/** The next requests fail so. */
let failures: string[] = [];

beforeEach(() => {
  asked = [];
  kept = [];
  failures = [];
});

function open(devices: PluggedDevice[] = []): HotPlug {
  return drivePlug(
    {
      ask: (request) => {
        asked.push(request);
        const code = failures.shift();
        if (code === undefined) return Promise.resolve();
        return Promise.reject(new DewarError({ code, message: 'no such drive', mend: '' }));
      },
    },
    {
      bring: (path) => Promise.resolve(path),
      drop: () => Promise.resolve(),
    },
    {
      limits: { answer: {}, unplug: {} },
      daemons: {} as HotPlugOptions['daemons'],
      devices,
      keep: (now) => {
        kept.push(now);
        return Promise.resolve();
      },
    },
  );
}

const DISK = { id: 'secrets', path: '/run/secrets.img', format: 'raw', readOnly: true } as const;
const PLUGGED: PluggedDevice = { slot: 'plug', id: 'secrets', kind: 'disk' };

function patch(path: string): ApiRequest {
  return { method: 'PATCH', path: '/drives/plug', body: { drive_id: 'plug', path_on_host: path } };
}

describe('the one disk that comes later', () => {
  test('takes the place of the empty one, which comes back', async () => {
    const plug = open();
    expect(await plug.addDisk(DISK)).toBe('/dev/vdb');
    expect(kept).toEqual([[PLUGGED]]);
    await plug.removeDevice('secrets');
    expect(asked).toEqual([patch('/run/secrets.img'), patch('plug.raw')]);
    expect(kept).toEqual([[PLUGGED], []]);
  });

  test('is there when an earlier process has plugged it in', async () => {
    const plug = open([PLUGGED]);
    await expect(plug.addDisk({ ...DISK, id: 'other' })).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
    await plug.removeDevice('secrets');
    expect(asked).toEqual([patch('plug.raw')]);
  });

  test('is not there when Firecracker refuses it', async () => {
    const plug = open();
    failures = ['COMMAND_REFUSED'];
    await expect(plug.addDisk(DISK)).rejects.toMatchObject({ code: 'COMMAND_REFUSED' });
    expect(kept.at(-1)).toEqual([]);
    expect(asked).toEqual([patch('/run/secrets.img')]);
    await plug.addDisk(DISK);
  });

  test('is taken back where Firecracker does not say whether it has it', async () => {
    const plug = open();
    failures = ['CONNECTION_LOST'];
    await expect(plug.addDisk(DISK)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(asked).toEqual([patch('/run/secrets.img'), patch('plug.raw')]);
    expect(kept.at(-1)).toEqual([]);
  });

  test('stays known where it cannot be taken back', async () => {
    const plug = open();
    failures = ['NO_ANSWER', 'NO_ANSWER'];
    await expect(plug.addDisk(DISK)).rejects.toMatchObject({ code: 'NO_ANSWER' });
    expect(kept.at(-1)).toEqual([PLUGGED]);
    await plug.removeDevice('secrets');
    expect(kept.at(-1)).toEqual([]);
  });

  test.each([
    ['a disk that can be written', { ...DISK, readOnly: false }],
    ['a qcow2', { ...DISK, format: 'qcow2' as const }],
  ])('is not %s', async (_, disk) => {
    await expect(open().addDisk(disk)).rejects.toMatchObject({
      code: 'CANNOT_PLUG',
      message: expect.stringContaining(disk.path),
    });
    expect(asked).toEqual([]);
  });

  test('is no share, and nothing else is taken away', async () => {
    const share = { id: 's', source: '/src', readOnly: true };
    await expect(open().addShare(share)).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
    await expect(open().removeDevice('s')).rejects.toMatchObject({ code: 'CANNOT_PLUG' });
  });
});
