import { makeCredentialDisk } from '../guest/credential-disk.ts';
import type { Credentials } from '../guest/credential-disk.ts';
import type { WaitingMachine } from '../vmm/workspace-driver.ts';
import { secretsDirectory } from './secrets-directory.ts';
import type { WorkspaceContext } from './workspace-context.ts';
import { CREDENTIALS_DISK } from '../core/names.ts';
import { waitForCredentials } from './wait-for-credentials.ts';

/**
 * Gives a booted guest its credentials by a disk that it reads once: it has let go of the disk, which is destroyed, when this
 * returns. Nothing of them is on a disk of this host.
 * @throws DewarError CREDENTIALS_REFUSED; NO_TMPFS …
 */
export async function injectCredentials(
  machine: WaitingMachine,
  credentials: Credentials,
  id: string,
  { env, emit }: WorkspaceContext,
): Promise<void> {
  const disk = await makeCredentialDisk(credentials, await secretsDirectory(env, id));
  try {
    const device = await machine.addDisk({
      id: CREDENTIALS_DISK,
      path: disk.path,
      format: 'raw',
      readOnly: true,
    });
    await waitForCredentials(machine, device, emit);
    await machine.removeDevice(CREDENTIALS_DISK);
  } finally {
    await disk.destroy();
  }
}
