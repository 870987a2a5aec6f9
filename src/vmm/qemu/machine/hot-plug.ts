import { DewarError } from '../../../core/errors.ts';
import { HOTPLUG_SLOTS, isMicrovm } from '../plan/plan-qemu.ts';
import type { Hardware } from '../plan/plan-qemu.ts';
import type { CallOptions } from '../protocol/command-channel.ts';
import type { QmpClient } from '../protocol/qmp-client.ts';
import type { PluggedDisk } from './virtual-machine.ts';

export interface HotPlug {
  addDisk(disk: PluggedDisk): Promise<void>;
  removeDevice(id: string): Promise<void>;
}

/** @param limits of an answer and of the guest's letting go of a device */
export function hotPlug(
  qmp: QmpClient,
  hardware: Hardware,
  limits: { answer: CallOptions; unplug: CallOptions },
): HotPlug {
  /** What is in each slot. */
  const slots = new Map<string, string>();
  return {
    async addDisk({ id, path, format, readOnly }) {
      if (isMicrovm(hardware)) throw cannotPlug('a microvm has no slots', 'use the machine type q35');
      if (!/^[\w-]{1,20}$/.test(id) || [...slots.values()].includes(id))
        throw cannotPlug(`${JSON.stringify(id)} is no free name`, 'use 1 to 20 letters, digits, - and _');
      const slot = HOTPLUG_SLOTS.find((name) => !slots.has(name));
      if (slot === undefined)
        throw cannotPlug(`all ${HOTPLUG_SLOTS.length} slots are taken`, 'remove a device first');
      slots.set(slot, id);
      const node = `disk-${id}`;
      const file = { driver: 'file', filename: path, 'read-only': readOnly };
      try {
        await qmp.execute(
          'blockdev-add',
          { driver: format, 'node-name': node, file, 'read-only': readOnly },
          limits.answer,
        );
        const device = { driver: 'virtio-blk-pci', id, bus: slot, drive: node, serial: id };
        await qmp.execute('device_add', device, limits.answer).catch(async (error: unknown) => {
          await qmp.execute('blockdev-del', { 'node-name': node }, limits.answer);
          throw error;
        });
      } catch (error) {
        slots.delete(slot);
        throw error;
      }
    },
    async removeDevice(id) {
      const slot = [...slots].find(([, device]) => device === id)?.[0];
      if (slot === undefined)
        throw cannotPlug(`no device ${JSON.stringify(id)} was plugged in`, 'name another');
      const gone = qmp.waitFor(
        ({ event, data }) => event === 'DEVICE_DELETED' && data['device'] === id,
        `that the guest let go of ${id}`,
        limits.unplug,
      );
      // When the command below fails, that says why.
      gone.catch(() => undefined);
      await qmp.execute('device_del', { id }, limits.answer);
      await gone;
      await qmp.execute('blockdev-del', { 'node-name': `disk-${id}` }, limits.answer);
      slots.delete(slot);
    },
  };
}

function cannotPlug(why: string, mend: string): DewarError {
  return new DewarError({ code: 'CANNOT_PLUG', message: `no device can be plugged in or out: ${why}`, mend });
}
