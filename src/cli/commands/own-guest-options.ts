import { resolve } from 'node:path';
import type { MachineSettings } from '../../builtins.ts';
import type { StringOption } from '../command.ts';
import { usageError } from '../usage-error.ts';

const NAMES = [
  'kernel',
  'initrd',
  'rootfs',
  'guestAddr',
  'guestKey',
  'tapDevice',
  'guestIp',
  'hostIp',
  'netmask',
  'guestMac',
  'socket',
] as const;
type OwnGuestOption = (typeof NAMES)[number];

const OWN = 'own guest of firecracker:';

function option(long: string, valueName: string, description: string): StringOption {
  return { long, kind: 'string', valueName, description };
}

/** A prepared guest in the place of an image of dewar's; docs/own-guests.md. */
export const OWN_GUEST_OPTIONS: Record<OwnGuestOption | 'firecrackerBin', StringOption> = {
  kernel: option(
    'kernel',
    'file',
    `${OWN} its kernel, a vmlinux or bzImage; needs --rootfs, --guest-key and --tap-device`,
  ),
  initrd: option('initrd', 'file', `${OWN} its initial RAM disk, where the kernel needs one`),
  rootfs: option('rootfs', 'file', `${OWN} its root file system, of which each machine gets a copy`),
  guestAddr: option('guest-addr', 'user@host', `${OWN} where ssh reaches it; root at --guest-ip when absent`),
  guestKey: option('guest-key', 'file', `${OWN} the private ssh key that it takes`),
  tapDevice: option('tap-device', 'name', `${OWN} a TAP that is there and up, for one machine at a time`),
  guestIp: option('guest-ip', 'address', `${OWN} its address, which the kernel sets; 172.16.0.2 when absent`),
  hostIp: option('host-ip', 'address', `${OWN} the address of the TAP, its gateway; 172.16.0.1 when absent`),
  netmask: option('netmask', 'mask', `${OWN} that of both addresses; 255.255.255.252 when absent`),
  guestMac: option('guest-mac', 'address', `${OWN} the address of its card; 06:00:AC:10:00:02 when absent`),
  socket: option(
    'socket',
    'file',
    `${OWN} where Firecracker's API listens; in the machine's directory when absent`,
  ),
  firecrackerBin: option('firecracker-bin', 'path', 'firecracker: the program; the one on PATH when absent'),
};

export interface OwnGuestValues extends Partial<
  Record<OwnGuestOption | 'firecrackerBin', string | undefined>
> {
  driver: string;
  image?: string | undefined;
  guestNetwork?: string | undefined;
  vcpus?: number | undefined;
  memMib?: number | undefined;
  diskGib?: number | undefined;
}

/**
 * @param command its name, for errors
 * @returns what `loadDriver` wants of those options
 * @throws DewarError USAGE for options that cannot be together
 */
export function ownGuestSettings(
  command: string,
  values: OwnGuestValues,
  cwd: string,
): Pick<MachineSettings, 'firecracker' | 'ownGuest'> {
  const given = NAMES.filter((name) => values[name] !== undefined);
  const { driver, firecrackerBin } = values;
  const first = given[0] ?? (firecrackerBin === undefined ? undefined : 'firecrackerBin');
  if (first !== undefined && driver !== 'firecracker')
    throw usageError(command, `${spelled(first)} is for --driver firecracker, not ${driver}`);
  const firecracker = firecrackerBin?.includes('/') === true ? resolve(cwd, firecrackerBin) : firecrackerBin;
  if (given.length === 0) return { firecracker };
  for (const [name, why] of Object.entries(NOT_TOGETHER))
    if (values[name as keyof typeof NOT_TOGETHER] !== undefined)
      throw usageError(command, `${why}: it cannot be given with ${spelled(given[0] ?? 'kernel')}`);
  const { vcpus, memMib } = values;
  const flags = Object.fromEntries(given.map((name) => [name, values[name]]));
  return { firecracker, ownGuest: { ...flags, vcpus, memMib, cwd } };
}

function spelled(name: OwnGuestOption | 'firecrackerBin'): string {
  return `--${OWN_GUEST_OPTIONS[name].long}`;
}

const NOT_TOGETHER = {
  image: '--image names an image of dewar, and a guest of your own is made of --kernel and --rootfs',
  diskGib: '--disk-gib is the size of a disk that dewar makes, and --rootfs has one',
  guestNetwork: '--guest-network is for networks that dewar makes, and --tap-device is yours',
} as const;
