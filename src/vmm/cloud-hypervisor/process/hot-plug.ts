import { setTimeout as sleep } from 'node:timers/promises';
import { DewarError } from '../../../core/errors.ts';
import { isUnanswered } from '../../machine/protocol/is-unanswered.ts';
import { isVmmFault } from '../../http/vmm-api.ts';
import { cannotPlug, takeBackLimits } from '../../machine/hot-plug.ts';
import type { HotPlug, HotPlugOptions } from '../../machine/hot-plug.ts';
import type { PluggedDevice } from '../../machine/machine-record.ts';
import { noAnswer } from '../../machine/protocol/within.ts';
import { deviceId, planDisk, planShareDevice } from '../plan/plan-device.ts';
import type { CloudHypervisorApi } from '../protocol/cloud-hypervisor-api.ts';

const DEFAULT_UNPLUG_MS = 30_000;
const POLL_MS = 50;

/**
 * Plugs devices into a machine that runs. What has failed is not there; a device of which the VMM does not say whether it is
 * there stays known, so that it can be taken away.
 * @param peer for messages: whose guest it is
 */
export function hotPlug(api: CloudHypervisorApi, peer: string, options: HotPlugOptions): HotPlug {
  const { limits, daemons, keep } = options;
  const plugged = new Map(options.devices?.map((device) => [device.id, device]));
  const remember = async (): Promise<void> => keep?.([...plugged.values()]);

  async function plug(
    { id, kind }: Omit<PluggedDevice, 'slot'>,
    work: () => Promise<void>,
    server?: DeviceServer,
  ): Promise<void> {
    if (!/^[\w-]{1,20}$/.test(id) || plugged.has(id))
      throw cannotPlug(`${JSON.stringify(id)} is no free name`, 'use 1 to 20 letters, digits, - and _');
    // It is the VMM that chooses among its slots.
    const device = { slot: '', id, kind };
    plugged.set(id, device);
    try {
      await remember();
      await work();
    } catch (error) {
      const explained = (await server?.explain(error)) ?? error;
      const isGone = !isUnanswered(error) || (await takenBack(device));
      await server?.stop();
      if (isGone) {
        plugged.delete(id);
        await remember();
      }
      throw explained;
    }
  }

  function takenBack(device: PluggedDevice): Promise<boolean> {
    return unplug(api, peer, device, takeBackLimits(limits)).then(
      () => true,
      () => false,
    );
  }

  return {
    async addDisk({ id, path, format, readOnly }) {
      if (format !== 'raw')
        throw cannotPlug(
          `${path} is no raw disk`,
          'plug in a raw one: Cloud Hypervisor takes no other from dewar',
        );
      await plug({ id, kind: 'disk' }, () => api.addDisk(planDisk({ id, path, readOnly }), limits.answer));
      return undefined;
    },

    addShare: (share) =>
      plug(
        { id: share.id, kind: 'share' },
        async () => {
          const { socket } = await daemons.start(share);
          await api.addShare(planShareDevice(share.id, socket), limits.answer);
        },
        {
          explain: async (error) => (mayBeItsDaemons(error) ? await daemons.failure(share) : undefined),
          stop: () => daemons.stop(share.id),
        },
      ),

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

/** What serves a device. */
interface DeviceServer {
  /** @returns why an error came, where that was the server's doing */
  explain: (error: unknown) => Promise<DewarError | undefined>;
  stop: () => Promise<void>;
}

/** A VMM that cannot reach a daemon refuses it, or tries for long; the daemon of one that has ended ends too. */
function mayBeItsDaemons(error: unknown): boolean {
  return isVmmFault(error) || (error instanceof DewarError && error.code === 'NO_ANSWER');
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
