import { DewarError } from '../../../core/errors.ts';
import { HOTPLUG_SLOTS, isMicrovm } from '../plan/plan-qemu.ts';
import type { Hardware } from '../plan/plan-qemu.ts';
import type { PluggedShare } from '../plan/plan-share.ts';
import type { CallOptions } from '../protocol/command-channel.ts';
import type { QmpClient } from '../protocol/qmp-client.ts';
import type { ShareDaemon } from './share-daemon.ts';
import type { PluggedDisk } from './virtual-machine.ts';

export interface HotPlug {
  addDisk(disk: PluggedDisk): Promise<void>;
  addShare(share: PluggedShare): Promise<void>;
  removeDevice(id: string): Promise<void>;
}

/** What a device stands on; it is taken away after the device. */
interface Backend {
  device: object;
  remove(): Promise<void>;
}

/**
 * @param limits of an answer and of the guest's letting go of a device
 * @param startDaemon starts what QEMU connects to for a share
 */
export function hotPlug(
  qmp: QmpClient,
  hardware: Hardware,
  limits: { answer: CallOptions; unplug: CallOptions },
  startDaemon: (share: PluggedShare) => Promise<ShareDaemon>,
): HotPlug {
  /** What is in each slot. */
  const slots = new Map<string, { id: string; backend?: Backend }>();
  const ask = async (command: string, args: object): Promise<void> =>
    void (await qmp.execute(command, args, limits.answer));

  async function plug(id: string, makeBackend: () => Promise<Backend>): Promise<void> {
    if (isMicrovm(hardware)) throw cannotPlug('a microvm has no slots', 'use the machine type q35');
    if (!/^[\w-]{1,20}$/.test(id) || [...slots.values()].some((plugged) => plugged.id === id))
      throw cannotPlug(`${JSON.stringify(id)} is no free name`, 'use 1 to 20 letters, digits, - and _');
    const slot = HOTPLUG_SLOTS.find((name) => !slots.has(name));
    if (slot === undefined)
      throw cannotPlug(`all ${HOTPLUG_SLOTS.length} slots are taken`, 'remove a device first');
    slots.set(slot, { id });
    let backend: Backend | undefined;
    try {
      backend = await makeBackend();
      await ask('device_add', { ...backend.device, id, bus: slot });
      slots.set(slot, { id, backend });
    } catch (error) {
      slots.delete(slot);
      await backend?.remove();
      throw error;
    }
  }

  return {
    addDisk: ({ id, path, format, readOnly }) =>
      plug(id, async () => {
        const node = `disk-${id}`;
        const file = { driver: 'file', filename: path, 'read-only': readOnly };
        await ask('blockdev-add', { driver: format, 'node-name': node, file, 'read-only': readOnly });
        return {
          device: { driver: 'virtio-blk-pci', drive: node, serial: id },
          remove: () => ask('blockdev-del', { 'node-name': node }),
        };
      }),

    addShare: (share) =>
      plug(share.id, async () => {
        const daemon = await startDaemon(share);
        const chardev = `share-${share.id}`;
        const addr = { type: 'unix', data: { path: daemon.socket } };
        const backend = { type: 'socket', data: { addr, server: false } };
        await ask('chardev-add', { id: chardev, backend }).catch(async (error: unknown) => {
          await daemon.stop();
          throw error;
        });
        return {
          device: { driver: 'vhost-user-fs-pci', chardev, tag: share.id },
          remove: async () => {
            await ask('chardev-remove', { id: chardev });
            await daemon.stop();
          },
        };
      }),

    async removeDevice(id) {
      const [slot, plugged] = [...slots].find(([, device]) => device.id === id) ?? [];
      if (slot === undefined)
        throw cannotPlug(`no device ${JSON.stringify(id)} was plugged in`, 'name another');
      const gone = qmp.waitFor(
        ({ event, data }) => event === 'DEVICE_DELETED' && data['device'] === id,
        `that the guest let go of ${id}`,
        limits.unplug,
      );
      // When the command below fails, that says why.
      gone.catch(() => undefined);
      await ask('device_del', { id });
      await gone;
      await plugged?.backend?.remove();
      slots.delete(slot);
    },
  };
}

function cannotPlug(why: string, mend: string): DewarError {
  return new DewarError({ code: 'CANNOT_PLUG', message: `no device can be plugged in or out: ${why}`, mend });
}
