import type { DewarError } from '../../../core/errors.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { cannotPlug, takeBackLimits } from '../../machine/hot-plug.ts';
import type { HotPlug, HotPlugOptions } from '../../machine/hot-plug.ts';
import type { PluggedDevice } from '../../machine/machine-record.ts';
import { isRefusal } from '../../machine/protocol/command-channel.ts';
import type { CallOptions } from '../../machine/protocol/command-channel.ts';
import { isUnanswered } from '../../machine/protocol/is-unanswered.ts';
import { HOTPLUG_SLOTS, isMicrovm } from '../plan/plan-qemu.ts';
import type { QmpClient } from '../protocol/qmp-client.ts';

/**
 * Plugs devices into the slots of a machine that runs. What has failed is not there; a device of which QEMU does not say whether
 * it is there stays known, so that it can be taken away.
 */
export function hotPlug(qmp: QmpClient, hardware: Hardware, options: HotPlugOptions): HotPlug {
  const { limits, daemons, keep } = options;
  const plugged = new Map(options.devices?.map((device) => [device.id, device]));
  const ask = async (command: string, args: object, answer = limits.answer): Promise<void> =>
    void (await qmp.execute(command, args, answer));
  const remember = async (): Promise<void> => keep?.([...plugged.values()]);

  /** Takes away what a device stands on; after a process that died, some of it may not be there. */
  const removeBackend: Record<PluggedDevice['kind'], (id: string, answer?: CallOptions) => Promise<void>> = {
    disk: (id, answer) => ask('blockdev-del', { 'node-name': nodeOf(id) }, answer),
    share: async (id, answer) => {
      await ask('chardev-remove', { id: chardevOf(id) }, answer).finally(() => daemons.stop(id));
    },
  };

  /** @returns whether QEMU has nothing of a device any more */
  async function takenBack({ id, kind }: PluggedDevice): Promise<boolean> {
    const short = takeBackLimits(limits);
    try {
      await unplug(qmp, id, short);
      await removeBackend[kind](id, short.answer).catch(ifThere);
      return true;
    } catch {
      return false;
    }
  }

  async function plug(
    id: string,
    kind: PluggedDevice['kind'],
    makeBackend: () => Promise<object>,
    /** Says more of why the device did not come. */
    failure: () => Promise<DewarError | undefined> = () => Promise.resolve(undefined),
  ): Promise<void> {
    if (isMicrovm(hardware)) throw cannotPlug('a microvm has no slots', 'use the machine type q35');
    if (!/^[\w-]{1,20}$/.test(id) || plugged.has(id))
      throw cannotPlug(`${JSON.stringify(id)} is no free name`, 'use 1 to 20 letters, digits, - and _');
    const taken = new Set([...plugged.values()].map(({ slot }) => slot));
    const slot = HOTPLUG_SLOTS.find((name) => !taken.has(name));
    if (slot === undefined)
      throw cannotPlug(`all ${HOTPLUG_SLOTS.length} slots are taken`, 'remove a device first');
    const known = { slot, id, kind };
    plugged.set(id, known);
    let device: object | undefined;
    try {
      await remember();
      device = await makeBackend();
      await ask('device_add', { ...device, id, bus: slot });
    } catch (error) {
      const explained = device === undefined ? error : ((await failure()) ?? error);
      let isGone = true;
      if (isUnanswered(error)) isGone = await takenBack(known);
      else if (device !== undefined) await removeBackend[kind](id);
      if (isGone) {
        plugged.delete(id);
        await remember();
      }
      throw explained;
    }
  }

  return {
    async addDisk({ id, path, format, readOnly }) {
      await plug(id, 'disk', async () => {
        const file = { driver: 'file', filename: path, 'read-only': readOnly };
        await ask('blockdev-add', { driver: format, 'node-name': nodeOf(id), file, 'read-only': readOnly });
        return { driver: 'virtio-blk-pci', drive: nodeOf(id), serial: id };
      });
      return undefined;
    },

    addShare(share) {
      const chardev = chardevOf(share.id);
      const connect = async (): Promise<object> => {
        const { socket } = await daemons.start(share);
        const addr = { type: 'unix', data: { path: socket } };
        const backend = { type: 'socket', data: { addr, server: false } };
        await ask('chardev-add', { id: chardev, backend }).catch(async (error: unknown) => {
          await daemons.stop(share.id);
          throw error;
        });
        return { driver: 'vhost-user-fs-pci', chardev, tag: share.id };
      };
      return plug(share.id, 'share', connect, () => daemons.failure(share));
    },

    async removeDevice(id) {
      const device = plugged.get(id);
      if (device === undefined)
        throw cannotPlug(`no device ${JSON.stringify(id)} was plugged in`, 'name another');
      await unplug(qmp, id, limits);
      await removeBackend[device.kind](id).catch(ifThere);
      plugged.delete(id);
      await remember();
    },
  };
}

/** Waits until the guest has let go of a device; one that never came is gone. */
async function unplug(qmp: QmpClient, id: string, limits: HotPlugOptions['limits']): Promise<void> {
  const gone = qmp.waitFor(
    ({ event, data }) => event === 'DEVICE_DELETED' && data['device'] === id,
    `that the guest let go of ${id}`,
    limits.unplug,
  );
  // When the command below fails, that says why.
  gone.catch(() => undefined);
  try {
    await qmp.execute('device_del', { id }, limits.answer);
  } catch (error) {
    if (isRefusal(error) && error.cause.kind === 'DeviceNotFound') return;
    throw error;
  }
  await gone;
}

/** A process that died may have made a device without all that it stands on. */
function ifThere(error: unknown): void {
  if (!isRefusal(error)) throw error;
}

function nodeOf(id: string): string {
  return `disk-${id}`;
}

function chardevOf(id: string): string {
  return `share-${id}`;
}
