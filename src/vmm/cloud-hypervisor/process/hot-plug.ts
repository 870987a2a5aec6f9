import { setTimeout as sleep } from 'node:timers/promises';
import { cannotPlug } from '../../machine/hot-plug.ts';
import type { HotPlug, HotPlugOptions } from '../../machine/hot-plug.ts';
import type { PluggedDevice } from '../../machine/machine-record.ts';
import { noAnswer } from '../../machine/protocol/within.ts';
import { deviceId, planDisk, planShareDevice } from '../plan/plan-device.ts';
import type { CloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';

const DEFAULT_UNPLUG_MS = 30_000;
const POLL_MS = 50;

/**
 * Plugs devices into a machine that runs.
 * @param peer for messages: whose guest it is
 */
export function hotPlug(api: CloudHypervisorApi, peer: string, options: HotPlugOptions): HotPlug {
  const { limits, daemons, keep } = options;
  const plugged = new Map(options.devices?.map((device) => [device.id, device]));
  const remember = async (): Promise<void> => keep?.([...plugged.values()]);

  async function plug(id: string, kind: PluggedDevice['kind'], work: () => Promise<void>): Promise<void> {
    if (!/^[\w-]{1,20}$/.test(id) || plugged.has(id))
      throw cannotPlug(`${JSON.stringify(id)} is no free name`, 'use 1 to 20 letters, digits, - and _');
    // It is the VMM that chooses among its slots.
    plugged.set(id, { slot: '', id, kind });
    try {
      await remember();
      await work();
    } catch (error) {
      plugged.delete(id);
      await remember();
      throw error;
    }
  }

  return {
    async addDisk({ id, path, format, readOnly }) {
      if (format !== 'raw')
        throw cannotPlug(
          `${path} is no raw disk`,
          'plug in a raw one: Cloud Hypervisor takes no other from dewar',
        );
      await plug(id, 'disk', () => api.addDisk(planDisk({ id, path, readOnly }), limits.answer));
      return undefined;
    },

    addShare: (share) =>
      plug(share.id, 'share', async () => {
        const { socket } = await daemons.start(share);
        try {
          await api.addShare(planShareDevice(share.id, socket), limits.answer);
        } catch (error) {
          const explained = (await daemons.failure(share)) ?? error;
          await daemons.stop(share.id);
          throw explained;
        }
      }),

    async removeDevice(id) {
      const device = plugged.get(id);
      if (device === undefined)
        throw cannotPlug(`no device ${JSON.stringify(id)} was plugged in`, 'name another');
      await unplug(api, peer, device, limits);
      if (device.kind === 'share') await daemons.stop(id);
      plugged.delete(id);
      await remember();
    },
  };
}

/** Waits until the guest has let go of a device; one that never came, or that somebody took before, is gone. */
async function unplug(
  api: CloudHypervisorApi,
  peer: string,
  { id, kind }: PluggedDevice,
  { answer, unplug }: HotPlugOptions['limits'],
): Promise<void> {
  const name = deviceId(kind, id);
  const isThere = async (): Promise<boolean> => (await api.info(answer)).devices.includes(name);
  if (!(await isThere())) return;
  await api.removeDevice(name, answer);
  const deadlineMs = unplug.deadlineMs ?? DEFAULT_UNPLUG_MS;
  for (const end = performance.now() + deadlineMs; await isThere();) {
    if (performance.now() > end) throw noAnswer(peer, `let go of ${id}`, deadlineMs);
    await sleep(POLL_MS);
  }
}
