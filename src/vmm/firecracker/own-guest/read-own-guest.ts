import { resolve } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { parseRange } from '../../../core/ipv4-range.ts';
import type { OwnGuest, OwnGuestFlags, OwnNetwork } from './own-guest.ts';

/** Firecracker's own example network: four addresses, of which two are the ends of the TAP. */
export const OWN_GUEST_DEFAULTS = {
  guestIp: '172.16.0.2',
  hostIp: '172.16.0.1',
  netmask: '255.255.255.252',
  guestMac: '06:00:AC:10:00:02',
  vcpus: 4,
  memMib: 8192,
} as const;

/** Two addresses, one for each end. */
const MOST_PREFIX = 31;
const MOST_CPUS = 32;
const LEAST_MIB = 64;
const MOST_MIB = 4_194_304;
/** What the kernel takes for the path of a unix socket. */
const LONGEST_SOCKET = 107;

/**
 * Reads the flags that describe a guest of one's own.
 * @throws DewarError BAD_OWN_GUEST, which names the flag
 */
export function readOwnGuest(flags: OwnGuestFlags): OwnGuest {
  const { cwd } = flags;
  const network = readNetwork(flags);
  const { user, host } = readAddress(flags.guestAddr ?? `root@${network.guestIp}`);
  const socket = flags.socket === undefined ? undefined : path(cwd, '--socket', flags.socket);
  if (socket !== undefined && Buffer.byteLength(socket) > LONGEST_SOCKET)
    throw bad('--socket', socket, `a path of at most ${LONGEST_SOCKET} bytes`);
  return {
    kernel: path(cwd, '--kernel', needed('--kernel', flags.kernel)),
    initrd: flags.initrd === undefined ? undefined : path(cwd, '--initrd', flags.initrd),
    rootfs: path(cwd, '--rootfs', needed('--rootfs', flags.rootfs)),
    user,
    host,
    key: path(cwd, '--guest-key', needed('--guest-key', flags.guestKey)),
    network,
    cpus: whole('--vcpus', flags.vcpus ?? OWN_GUEST_DEFAULTS.vcpus, 1, MOST_CPUS),
    memoryMiB: whole('--mem-mib', flags.memMib ?? OWN_GUEST_DEFAULTS.memMib, LEAST_MIB, MOST_MIB),
    socket,
  };
}

function readNetwork(flags: OwnGuestFlags): OwnNetwork {
  const tap = needed('--tap-device', flags.tapDevice);
  // the names that Linux takes, but for those that would be another word or line of a file
  if (!/^[A-Za-z0-9_][\w.-]{0,14}$/.test(tap)) throw bad('--tap-device', tap, 'the name of a TAP');
  const mac = flags.guestMac ?? OWN_GUEST_DEFAULTS.guestMac;
  if (!/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(mac))
    throw bad('--guest-mac', mac, 'the address of one card, such as 06:00:AC:10:00:02');
  const netmask = flags.netmask ?? OWN_GUEST_DEFAULTS.netmask;
  const prefix = prefixOf(netmask);
  if (prefix === undefined || prefix > MOST_PREFIX)
    throw bad('--netmask', netmask, 'a mask with room for two addresses, such as 255.255.255.252');
  const guestIp = readIp('--guest-ip', flags.guestIp ?? OWN_GUEST_DEFAULTS.guestIp, prefix);
  const hostIp = readIp('--host-ip', flags.hostIp ?? OWN_GUEST_DEFAULTS.hostIp, prefix);
  if (guestIp === hostIp) throw bad('--host-ip', hostIp, `another address than the guest's`);
  if (firstOf(guestIp, prefix) !== firstOf(hostIp, prefix))
    throw bad('--host-ip', hostIp, `an address of the guest's network ${guestIp}/${prefix}`);
  return { tap, mac: mac.toLowerCase(), guestIp, hostIp, netmask };
}

function readIp(flag: string, text: string, prefix: number): string {
  const address = parseRange(text)?.first;
  if (address === undefined || text.includes('/')) throw bad(flag, text, 'an IPv4 address');
  const network = parseRange(`${text}/${prefix}`);
  // of two addresses both are ends
  if (prefix < MOST_PREFIX && (address === network?.first || address === network?.last))
    throw bad(flag, text, `the address of a machine, which the first and the last of a /${prefix} are not`);
  return text;
}

function firstOf(address: string, prefix: number): number | undefined {
  return parseRange(`${address}/${prefix}`)?.first;
}

/** @returns undefined for what is no mask: ones, then zeros */
function prefixOf(netmask: string): number | undefined {
  const bits = parseRange(netmask)?.first.toString(2).padStart(32, '0');
  return bits !== undefined && !netmask.includes('/') && /^1*0*$/.test(bits)
    ? bits.replace(/0*$/, '').length
    : undefined;
}

function readAddress(text: string): { user: string; host: string } {
  const [, user, host] = /^([a-z_][a-z0-9_-]{0,31})@([A-Za-z0-9][A-Za-z0-9.-]{0,252})$/.exec(text) ?? [];
  if (user === undefined || host === undefined)
    throw bad('--guest-addr', text, 'user@host, such as root@172.16.0.2');
  return { user, host };
}

function needed(flag: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new DewarError({
    code: 'BAD_OWN_GUEST',
    message: `${flag} is missing: a guest of one's own needs --kernel, --rootfs, --guest-key and --tap-device`,
    mend: `give ${flag}, or none of them, and dewar takes an image of its own (docs/own-guests.md)`,
  });
}

function path(cwd: string, flag: string, text: string): string {
  if (text === '' || /[\0\n]/.test(text)) throw bad(flag, text, 'a path');
  return resolve(cwd, text);
}

function whole(flag: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw bad(flag, String(value), `a whole number from ${low} to ${high}: more is not for Firecracker`);
}

function bad(flag: string, value: string, wanted: string): DewarError {
  return new DewarError({
    code: 'BAD_OWN_GUEST',
    message: `${flag} is ${JSON.stringify(value)}, and must be ${wanted}`,
    mend: `correct ${flag}; docs/own-guests.md has an example`,
  });
}
