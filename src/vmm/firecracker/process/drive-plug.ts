import { isUnanswered } from '../../machine/protocol/is-unanswered.ts';
import { cannotPlug, takeBackLimits } from '../../machine/hot-plug.ts';
import type { HotPlug, HotPlugOptions } from '../../machine/hot-plug.ts';
import type { PluggedFile } from '../jail/plugged-file.ts';
import { IDS, PLACEHOLDER, PLUG_DEVICE } from '../plan/ids.ts';
import { planDrive } from '../plan/plan-drive.ts';
import type { FirecrackerApi } from '../protocol/firecracker-api.ts';

/**
 * What can be plugged in where nothing can be: one disk at a time, read-only, in the place of the empty one that the guest
 * has had from its start on. It must not have the disk mounted when that changes. A disk of which Firecracker does not say
 * whether it has it stays known, so that it can be taken away.
 */
export function drivePlug(
  api: Pick<FirecrackerApi, 'ask'>,
  file: PluggedFile,
  { limits, devices = [], keep }: HotPlugOptions,
): HotPlug {
  let plugged = devices[0]?.id;
  const put = (path: string, answer = limits.answer): Promise<void> =>
    api.ask(planDrive(IDS.plug, path), answer);
  const remember = async (id: string | undefined): Promise<void> => {
    plugged = id;
    await keep?.(id === undefined ? [] : [{ slot: IDS.plug, id, kind: 'disk' }]);
  };
  const takenBack = (): Promise<boolean> =>
    put(PLACEHOLDER, takeBackLimits(limits).answer).then(
      () => true,
      () => false,
    );
  return {
    async addDisk({ id, path, format, readOnly }) {
      if (format !== 'raw' || !readOnly)
        throw cannotPlug(
          `Firecracker takes only raw disks that are not written to, unlike ${path}`,
          'use the driver qemu or cloud-hypervisor',
        );
      if (plugged !== undefined)
        throw cannotPlug(`the one disk that Firecracker takes is ${plugged}`, 'remove it first');
      await remember(id);
      try {
        await put(await file.bring(path));
      } catch (error) {
        const isGone = !isUnanswered(error) || (await takenBack());
        await file.drop();
        if (isGone) await remember(undefined);
        throw error;
      }
      return PLUG_DEVICE;
    },

    addShare: ({ source }) =>
      Promise.reject(
        cannotPlug(
          `Firecracker has no shares, so ${source} cannot be one`,
          'share it by ssh, or use the driver qemu or cloud-hypervisor',
        ),
      ),

    async removeDevice(id) {
      if (id !== plugged) throw cannotPlug(`no device ${JSON.stringify(id)} was plugged in`, 'name another');
      await put(PLACEHOLDER);
      await file.drop();
      await remember(undefined);
    },
  };
}
