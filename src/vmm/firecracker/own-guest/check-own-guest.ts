import { constants } from 'node:fs';
import { access, lstat, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { connectLines } from '../../../platform/line-socket.ts';
import { runCommand } from '../../../platform/run-command.ts';
import type { OwnGuest } from './own-guest.ts';

/** Where Linux tells of its network devices. */
const DEVICES = '/sys/class/net';
const IFF_UP = 1;

/**
 * Finds out whether all that a guest of one's own needs is there, before anything is started.
 * @param devices for tests
 * @throws DewarError OWN_FILE_MISSING, GUEST_KEY_UNUSABLE, TAP_MISSING, TAP_DOWN, SOCKET_IN_USE, COMMAND_NOT_FOUND
 */
export async function checkOwnGuest(own: OwnGuest, devices: string = DEVICES): Promise<void> {
  await checkTap(own.network.tap, own, devices);
  await checkFile('--kernel', own.kernel);
  if (own.initrd !== undefined) await checkFile('--initrd', own.initrd);
  await checkFile('--rootfs', own.rootfs);
  await checkKey(own.key);
  if (own.socket !== undefined) await checkSocket(own.socket);
}

async function checkTap(tap: string, { network }: OwnGuest, devices: string): Promise<void> {
  const make = `as root, run: ip tuntap add dev ${tap} mode tap user $USER; ip address add ${network.hostIp}/${network.netmask} dev ${tap}; ip link set ${tap} up`;
  // only a TUN or TAP has that file
  const kind = await readFile(join(devices, tap, 'tun_flags'), 'utf8').catch(() => undefined);
  if (kind === undefined)
    throw new DewarError({
      code: 'TAP_MISSING',
      message: (await exists(join(devices, tap)))
        ? `--tap-device ${tap} is no TAP, but a network device of another kind`
        : `--tap-device ${tap}: there is no such network device`,
      mend: make,
    });
  const flags = Number(await readFile(join(devices, tap, 'flags'), 'utf8').catch(() => '0'));
  if ((flags & IFF_UP) === 0)
    throw new DewarError({
      code: 'TAP_DOWN',
      message: `--tap-device ${tap} is not up`,
      mend: `as root, run: ip link set ${tap} up`,
    });
}

async function checkFile(flag: string, path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  const readable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (found?.isFile() === true && found.size > 0 && readable) return;
  const why =
    found === undefined
      ? 'there is no such file'
      : found.isFile()
        ? readable
          ? 'it is empty'
          : 'this user may not read it'
        : 'it is no regular file';
  throw new DewarError({
    code: 'OWN_FILE_MISSING',
    message: `${flag} ${path}: ${why}`,
    mend: `give ${flag} the path of a file, not of a link or a device (docs/own-guests.md)`,
  });
}

/** ssh would only say that the guest refuses. */
async function checkKey(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  const unusable = (why: string, mend: string): DewarError =>
    new DewarError({ code: 'GUEST_KEY_UNUSABLE', message: `--guest-key ${path}: ${why}`, mend });
  if (found?.isFile() !== true)
    throw unusable('there is no such file', 'give the private half of a key that the guest takes');
  if ((found.mode & 0o077) !== 0)
    throw unusable('others may read it, so ssh does not use it', `run: chmod 600 ${path}`);
  const { exitCode, stderr } = await runCommand('ssh-keygen', ['-y', '-P', '', '-f', path]);
  if (exitCode !== 0)
    throw unusable(
      `it is no private key without a passphrase: ${stderr.trim().split('\n').at(-1) ?? ''}`,
      'give a key without a passphrase: nobody is there to type one',
    );
}

/** A socket that nobody listens on is what a process that died has left. */
async function checkSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  const inUse = (why: string): DewarError =>
    new DewarError({
      code: 'SOCKET_IN_USE',
      message: `--socket ${path}: ${why}`,
      mend: 'end the Firecracker that listens there, or give another path',
    });
  if (!found.isSocket()) throw inUse('it is there, and no socket');
  if (await isListening(path)) throw inUse('another program listens there');
  await rm(path, { force: true });
}

async function isListening(path: string): Promise<boolean> {
  try {
    const options = { peer: path, onLine: () => undefined, onClose: () => undefined, deadlineMs: 0 };
    using connection = await connectLines(path, options);
    return connection !== undefined;
  } catch (error) {
    if (error instanceof DewarError && error.code === 'NO_ANSWER') return false;
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
