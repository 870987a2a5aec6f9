import { DewarError } from '../../core/errors.ts';
import { makeSshIdentity } from '../../platform/ssh.ts';
import { isRefusal } from './protocol/command-channel.ts';
import type { CallOptions } from './protocol/command-channel.ts';
import type { GuestAgent } from './protocol/guest-agent.ts';
import type { MachinePaths } from './machine-paths.ts';

/** sshd of an image reads this; it is there, and empty, when the guest has booted. */
const AUTHORIZED_KEYS = '/run/dewar/authorized_keys';
const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key.pub';

/**
 * Makes a key pair for a machine and puts the public half into the guest by its agent, in the place of the keys that were
 * there: a clone does not obey whoever started the machine it was cloned from. The guest's host key is learnt the same way,
 * in which nobody else has a hand: ssh never trusts a key at first sight.
 * @param hostKey what is known of a guest that was frozen
 * @returns the guest's public host key
 * @throws DewarError COMMAND_NOT_FOUND (no ssh-keygen), SSH_FAILED, GUEST_UNFIT
 */
export async function authorize(
  agent: GuestAgent,
  paths: MachinePaths,
  hostKey: string | undefined,
  options: CallOptions,
): Promise<string> {
  const publicKey = await makeSshIdentity(paths.ssh);
  try {
    await agent.writeFile(AUTHORIZED_KEYS, publicKey, options);
    return hostKey ?? (await agent.readFile(HOST_KEY, options)).toString('utf8').trim();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new DewarError({
      code: 'GUEST_UNFIT',
      message: `the guest could not take an ssh key: ${error.cause.message}`,
      mend: `use an image that makes ${HOST_KEY} and ${AUTHORIZED_KEYS} at boot`,
      cause: error,
    });
  }
}
