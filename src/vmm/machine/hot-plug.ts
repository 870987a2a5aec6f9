import { DewarError } from '../../core/errors.ts';
import type { PluggedDevice } from './machine-record.ts';
import type { CallOptions } from './protocol/command-channel.ts';
import type { PluggedShare } from './shares/plan-share.ts';
import type { ShareDaemons } from './shares/share-daemon.ts';
import type { PluggedDisk } from './virtual-machine.ts';

/** Devices of a machine that runs. */
export interface HotPlug {
  /** @returns the device in the guest; undefined: it finds the disk by its serial number, which is the id */
  addDisk(disk: PluggedDisk): Promise<string | undefined>;
  addShare(share: PluggedShare): Promise<void>;
  /** Returns once the guest has let go of it. */
  removeDevice(id: string): Promise<void>;
}

export interface HotPlugOptions {
  /** Of an answer and of the guest's letting go of a device. */
  limits: { answer: CallOptions; unplug: CallOptions };
  daemons: ShareDaemons;
  /** What is plugged in already. */
  devices?: readonly PluggedDevice[];
  /** Remembers what is plugged in for later processes; called before a device comes and after it has gone. */
  keep?: ((devices: PluggedDevice[]) => Promise<void>) | undefined;
}

/** How long a VMM that did not say whether it has a device may take to let go of it. */
const TAKE_BACK_MS = 5_000;

/** @returns limits for taking back what may have been plugged in, also when the user does not want to wait any more */
export function takeBackLimits({ answer, unplug }: HotPlugOptions['limits']): HotPlugOptions['limits'] {
  return { answer: shortened(answer), unplug: shortened(unplug) };
}

function shortened({ deadlineMs = TAKE_BACK_MS }: CallOptions): CallOptions {
  return { deadlineMs: Math.min(deadlineMs, TAKE_BACK_MS) };
}

export function cannotPlug(why: string, mend: string): DewarError {
  return new DewarError({ code: 'CANNOT_PLUG', message: `no device can be plugged in or out: ${why}`, mend });
}
