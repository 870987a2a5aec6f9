import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { scanHostKey } from '../../../platform/scan-host-key.ts';
import { openSsh } from '../../../platform/ssh.ts';
import { explainedBy } from '../../machine/explained-by.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';
import { machineHandle } from '../../machine/machine-handle.ts';
import { describeSilence } from '../../machine/machine-end.ts';
import { machineRemoval } from '../../machine/machine-removal.ts';
import type { OwnedMachine } from '../../machine/own-machine.ts';
import { connectionLost } from '../../machine/protocol/command-channel.ts';
import { plugLimits } from '../../machine/plug-limits.ts';
import type { VirtualMachine } from '../../machine/virtual-machine.ts';
import type { ConnectedFirecracker } from '../process/connect-firecracker.ts';
import { agentOverSsh } from './agent-over-ssh.ts';
import type { OwnGuest } from './own-guest.ts';

const PORT = 22;
/** Everything that dewar and the build tool write in the guest is below. */
const OWN_DIRECTORY = '/var/lib/dewar';
export const OWN_HOME = '/var/lib/dewar/home';

/**
 * Waits until a guest of one's own, with running CPUs, answers by ssh, and takes it over. A guest that was just made tells its
 * host key by itself: it is alone on its TAP. One that was frozen must have the key that it had then.
 * @throws DewarError SSH_FAILED, GUEST_UNFIT, GUEST_PANIC, MACHINE_ENDED, INTERRUPTED
 */
export async function reachOwnGuest(
  machine: OwnedMachine<ConnectedFirecracker>,
  own: OwnGuest,
  context: MachineContext,
): Promise<VirtualMachine> {
  const { owned, hardware, freezable } = machine;
  const { paths } = owned;
  const { signal } = context;
  const explained = explainedBy(machine.vmm);
  const hostKey = machine.hostKey ?? (await explained(() => learnHostKey(machine, own, context)));
  await mkdir(paths.ssh, { recursive: true, mode: 0o700 });
  // the operator's key stays where it is
  await rm(join(paths.ssh, 'key'), { force: true });
  await symlink(own.key, join(paths.ssh, 'key'));
  const target = { directory: paths.ssh, user: own.user, host: own.host, port: PORT };
  const deadlineMs = deadline(context, 'connect');
  const ssh = await explained(() => openSsh(target, hostKey, { deadlineMs, signal }));

  const isRoot = own.user === 'root';
  const agent = agentOverSsh(ssh, { isRoot, deadlineMs: deadline(context, 'answer') });
  const vmm: ConnectedFirecracker = {
    ...machine.vmm,
    agent,
    powerOff: (options) => agent.powerOff(options),
  };
  if (machine.hostKey === undefined) await explained(() => prepare(agent, own.user));
  const { remove: end, letGo } = machineRemoval(owned, vmm);
  const remove = async (): Promise<void> => {
    await end();
    if (own.socket !== undefined) await rm(own.socket, { force: true });
  };
  const plug = vmm.plug(plugLimits(paths, context));
  return machineHandle({ paths, vmm, hardware, ssh, plug, hostKey, freezable, remove, letGo }, context);
}

/** @throws DewarError GUEST_SILENT, CONNECTION_LOST (Firecracker has ended), INTERRUPTED */
async function learnHostKey(
  { owned, vmm, answersWithin }: OwnedMachine<ConnectedFirecracker>,
  { host }: OwnGuest,
  { signal }: MachineContext,
): Promise<string> {
  const check = (): void => {
    if (vmm.process.end !== undefined) throw connectionLost('Firecracker has ended');
  };
  try {
    return await scanHostKey(host, PORT, { deadlineMs: answersWithin, signal, check });
  } catch (error) {
    if (error instanceof DewarError && error.code === 'SSH_FAILED') throw describeSilence(owned.paths, error);
    throw error;
  }
}

/** Gives the guest's user the directory that is written to. @throws DewarError GUEST_UNFIT */
async function prepare(agent: ReturnType<typeof agentOverSsh>, user: string): Promise<void> {
  const { exitCode, stderr } = await agent.run('sh', ['-c', PREPARE, 'sh', user]);
  if (exitCode === 0) return;
  throw new DewarError({
    code: 'GUEST_UNFIT',
    message: `the guest cannot be worked in: ${stderr.trim().slice(-500) || `exit code ${exitCode}`}`,
    mend: 'give the guest git and perl, and, where the user is not root, a sudo without a password',
  });
}

const PREPARE = `for program in git perl tar; do
  command -v "$program" >/dev/null || { echo "it has no $program" >&2; exit 1; }
done
mkdir -p ${OWN_HOME} && chown "$1" ${OWN_DIRECTORY} ${OWN_HOME}`;
