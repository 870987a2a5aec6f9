import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endingOnFailure } from '../machine/end-vmm.ts';
import { asRestoreErrors } from '../machine/freeze/as-restore-errors.ts';
import { damaged } from '../machine/freeze/frozen-machine.ts';
import type { FrozenMachine } from '../machine/freeze/frozen-machine.ts';
import { openFrozenMachine } from '../machine/freeze/open-frozen-machine.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { withDirectory } from '../machine/machine-directory.ts';
import type { MachineImage } from '../machine/machine-image.ts';
import { ownMachine } from '../machine/own-machine.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { factsOf } from './create-machine.ts';
import type { MachineNetwork } from './create-machine.ts';
import { migrationEnd, shareMemory } from './freeze/migration.ts';
import { QEMU_FROZEN } from './freeze/qemu-frozen.ts';
import { hostCompatibility, hostDifferences } from './host/host-compatibility.ts';
import type { HostCompatibility } from './host/host-compatibility.ts';
import { probeQemuHost } from './host/qemu-host.ts';
import { emptyQcow2 } from './plan/empty-qcow2.ts';
import { isMicrovm, planQemu } from './plan/plan-qemu.ts';
import type { ConnectedQemu } from './process/connect-qemu.ts';
import { launchQemu } from './process/launch-qemu.ts';

export interface RestoreOverrides {
  /** The image of the frozen machine, which `readFrozenMachine` names. */
  image: MachineImage;
  network: MachineNetwork;
  /** The guest's address, where it is reached by TAP. */
  address?: string;
  /** Called with QEMU's CPUs still stopped: the time to attach a network policy. */
  beforeRunning?: () => Promise<void>;
  /**
   * Called before the machine is handed out: a clone has the clock, the random numbers and the names of the machine it was
   * cloned from until this gives it its own (`refreshClone`). If it fails the machine is removed.
   */
  beforeServing: (machine: VirtualMachine) => Promise<void>;
}

/** Descriptor under which QEMU finds the saved state. */
const STATE_DESCRIPTOR = 3;

/**
 * Brings back a frozen machine, in a time that does not grow with its memory. Any number may be brought back from one
 * directory at a time; none writes to it.
 * @param bundle absolute; has what `VirtualMachine.freeze` wrote
 * @throws DewarError SNAPSHOT_DAMAGED and HOST_INCOMPATIBLE before anything is started; RESTORE_FAILED; as `createMachine`
 */
export async function restoreMachine(
  bundle: string,
  overrides: RestoreOverrides,
  context: MachineContext,
): Promise<VirtualMachine> {
  const { image, network } = overrides;
  const host = await probeQemuHost(context);
  const kind = {
    ...QEMU_FROZEN,
    async differences({ hardware, compatibility }: FrozenMachine<HostCompatibility>) {
      const machineHere = isMicrovm(hardware) ? 'microvm' : host.q35;
      const differences = hostDifferences(compatibility, await hostCompatibility(host, machineHere));
      if (differences.length === 0 && hardware.machine !== compatibility.machine)
        throw damaged(
          `${bundle} is of a ${hardware.machine} and says that it needs ${compatibility.machine}`,
        );
      return differences;
    },
  };
  const frozen = await openFrozenMachine(bundle, image, kind, context);

  return withDirectory(context, async (owned) => {
    const { paths } = owned;
    await writeFile(paths.disk, emptyQcow2(frozen.disk_size), { mode: 0o600 });
    await using state = await open(join(bundle, 'vmstate'), 'r');
    const qemu = await launchQemu(
      {
        program: host.qemu.path,
        paths,
        hardware: frozen.hardware,
        network,
        state,
        plan: (network) =>
          planQemu({
            ...factsOf(host),
            hardware: frozen.hardware,
            memory: { kind: 'restore', path: join(bundle, 'mem_file') },
            boot: { kernel: image.kernel, initrd: image.initrd, args: frozen.kernel_args },
            disk: { overlay: paths.disk, frozen: join(bundle, 'rootfs.backing'), image: image.rootfs },
            network,
            directory: paths.directory,
            incoming: true,
          }),
      },
      context,
    );
    return await endingOnFailure(qemu, async () => {
      await loadState(qemu, context);
      await overrides.beforeRunning?.();
      await qemu.qmp.execute('cont', undefined, { signal: context.signal });
      const machine = await ownMachine(
        {
          owned,
          vmm: qemu,
          hardware: frozen.hardware,
          freezable: undefined,
          image: image.id,
          overlay: paths.disk,
          outlives: false,
          address: sshAddress(qemu.sshPort, overrides.address),
          answersWithin: deadline(context, 'wake'),
          hostKey: frozen.host_key,
        },
        context,
      );
      await overrides.beforeServing(machine);
      return machine;
    });
  });
}

/** Loads the saved state, which QEMU has open, into a machine that waits for it. @throws DewarError RESTORE_FAILED */
export async function loadState(
  qemu: Pick<ConnectedQemu, 'qmp' | 'explain'>,
  context: MachineContext,
): Promise<void> {
  const { qmp } = qemu;
  const limits = { deadlineMs: deadline(context, 'load'), signal: context.signal };
  await asRestoreErrors(qemu, async () => {
    await shareMemory(qmp, limits);
    const ended = migrationEnd(qmp, limits);
    // When the command below fails, that says why.
    ended.catch(() => undefined);
    await qmp.execute('migrate-incoming', { uri: `fd:${STATE_DESCRIPTOR}` }, limits);
    const failure = await ended;
    if (failure !== undefined) throw failure.error;
  });
}
