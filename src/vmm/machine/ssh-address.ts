import { DewarError } from '../../core/errors.ts';

/** @returns where sshd of a guest is reached: at a port of this host that leads there, or at its own address */
export function sshAddress(
  sshPort: number | undefined,
  address: string | undefined,
): { host: string; port: number } {
  if (sshPort !== undefined) return { host: '127.0.0.1', port: sshPort };
  if (address !== undefined) return { host: address, port: 22 };
  throw new DewarError({
    code: 'BAD_MACHINE',
    message: 'a machine without user networking has no address by which ssh reaches it',
    mend: 'give the address of the guest',
  });
}
