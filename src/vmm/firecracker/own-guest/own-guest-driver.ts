import { rm } from 'node:fs/promises';
import { parseRange } from '../../../core/ipv4-range.ts';
import type { DriverContext, VmmDriver } from '../../driver.ts';
import { machineDriver } from '../../machine/machine-driver.ts';
import type { VirtualMachine } from '../../machine/virtual-machine.ts';
import type { TapNetwork } from '../../workspace-driver.ts';
import { createMachine, DRIVER } from '../create-machine.ts';
import type { Reach } from '../create-machine.ts';
import { probeFirecracker } from '../probe-firecracker.ts';
import { restoreMachine } from '../restore-machine.ts';
import { checkOwnGuest } from './check-own-guest.ts';
import { ownGuestImage } from './own-guest-image.ts';
import type { OwnGuestFlags, OwnNetwork } from './own-guest.ts';
import { readOwnGuest } from './read-own-guest.ts';
import { OWN_HOME, reachOwnGuest } from './reach-own-guest.ts';

export interface OwnGuestDriverOptions {
  env: Readonly<Record<string, string>>;
  flags: OwnGuestFlags;
  /** Makes a clone a machine of its own, before it serves. */
  refresh: (machine: VirtualMachine, context: DriverContext) => Promise<void>;
}

/**
 * A guest that belongs to its operator, in Firecracker: reached by ssh alone, on a TAP that is there and stays. One of them
 * runs at a time on a TAP.
 * @throws DewarError BAD_OWN_GUEST, OWN_FILE_MISSING, GUEST_KEY_UNUSABLE, TAP_MISSING, TAP_DOWN, SOCKET_IN_USE, COMMAND_NOT_FOUND
 */
export async function ownGuestDriver({ env, flags, refresh }: OwnGuestDriverOptions): Promise<VmmDriver> {
  const own = readOwnGuest(flags);
  await checkOwnGuest(own);
  const tap = tapOf(own.network);
  const { cpus, memoryMiB, socket, user } = own;
  const reach: Reach = (machine, context) => reachOwnGuest(machine, own, context);
  return machineDriver({
    name: DRIVER,
    capabilities: {
      snapshot: true,
      lazyRestore: true,
      hotplugDisk: false,
      hotplugShare: false,
      network: 'tap',
      rootless: true,
    },
    env,
    image: () => ownGuestImage(own, env),
    // Whoever owns the TAP says what it lets through.
    network: 'off',
    ...(user === 'root' ? {} : { guestEnv: { HOME: OWN_HOME, USER: user } }),
    // Its TAP is the operator's, which no jail can have.
    probe: (context) => probeFirecracker(context),
    create: ({ image, freezable }, context) =>
      tidying(socket, () =>
        createMachine({ image, cpus, memoryMiB, freezable, tap, socket, reach }, context),
      ),
    restore: (bundle, { image }, context) =>
      tidying(socket, () =>
        restoreMachine(
          bundle,
          { image, tap, socket, reach, beforeServing: (machine) => refresh(machine, context) },
          context,
        ),
      ),
  });
}

/** A Firecracker that has ended leaves its socket, which here is in no directory of dewar's. */
async function tidying<T>(socket: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (socket !== undefined) await rm(socket, { force: true });
    throw error;
  }
}

function tapOf({ tap, mac, guestIp, hostIp, netmask }: OwnNetwork): TapNetwork {
  const bits = parseRange(netmask)?.first.toString(2) ?? '';
  return { tap, mac, guest: guestIp, host: hostIp, prefix: bits.replaceAll('0', '').length };
}
