import { stat } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { endingOnFailure } from '../machine/end-vmm.ts';
import { assertRoom } from '../machine/freeze/assert-room.ts';
import type { Hardware } from '../machine/hardware.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { withDirectory, withLock } from '../machine/machine-directory.ts';
import { diskSizeOf } from '../machine/machine-image.ts';
import type { MachineImage } from '../machine/machine-image.ts';
import { ownMachine } from '../machine/own-machine.ts';
import type { UnreachedMachine } from '../machine/own-machine.ts';
import { randomMac } from '../machine/random-mac.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import type { HeldDescriptor } from '../workspace-driver.ts';
import { saveMachine } from './freeze/save-machine.ts';
import { hostCompatibility } from './host/host-compatibility.ts';
import { probeQemuHost } from './host/qemu-host.ts';
import type { QemuHost } from './host/qemu-host.ts';
import { emptyQcow2 } from './plan/empty-qcow2.ts';
import { planQemu } from './plan/plan-qemu.ts';
import type { ConnectedQemu } from './process/connect-qemu.ts';
import { launchQemu } from './process/launch-qemu.ts';
import type { LaunchOptions } from './process/launch-qemu.ts';

/** Which network a machine gets. */
export type MachineNetwork = LaunchOptions['network'];

export interface CreateSpec {
  image: MachineImage;
  /** `microvm` starts fastest; `q35` lets disks be plugged in while it runs. */
  machine: 'microvm' | 'q35';
  cpus: number;
  memoryMiB: number;
  /** Size of the root disk in bytes; the image's when absent. The guest grows its file system. */
  diskSize?: number;
  /** The machine's memory is a file, so that it can be frozen. */
  freezable: boolean;
  network: MachineNetwork;
  /** The guest's address, where it is reached by TAP. */
  address?: string;
  /** The root disk's own layer, absolute; made when it is absent. In the machine's directory, and gone with it, by default. */
  overlay?: string;
  /** The card's address; a random one by default. */
  mac?: string;
  /** The machine, of this name, goes on without this process, and holds these. */
  outlives?: { id: string; holds: readonly HeldDescriptor[] };
  /** Called before the first connection by ssh. */
  beforeSsh?: (machine: UnreachedMachine<ConnectedQemu>) => Promise<void>;
}

const MEBIBYTE = 2 ** 20;

/**
 * Boots a new machine and waits until it can be used by ssh.
 * @throws DewarError QEMU_MISSING, QEMU_TOO_OLD, QEMU_BROKEN, IMAGE_MISSING, NO_SPACE, PORT_TAKEN, BAD_MACHINE, GUEST_SILENT,
 *   GUEST_PANIC, GUEST_UNFIT, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function createMachine(spec: CreateSpec, context: MachineContext): Promise<VirtualMachine> {
  const host = await probeQemuHost(context);
  const diskSize = await diskSizeOf(spec.image, spec.diskSize);
  const hardware: Hardware = {
    machine: spec.machine === 'q35' ? host.q35 : 'microvm',
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    mac: spec.mac ?? randomMac(),
    network: spec.network.kind,
  };
  return withDirectory(
    context,
    async (owned) => {
      const { paths } = owned;
      if (spec.freezable)
        await assertRoom(paths.directory, spec.memoryMiB * MEBIBYTE, `the machine's memory`);
      const overlay = spec.overlay ?? paths.disk;
      await makeOverlay(overlay, diskSize);
      const kernelArgs = spec.image.kernelArgs ?? '';
      const qemu = await launchQemu(
        {
          program: host.qemu.path,
          paths,
          hardware,
          network: spec.network,
          outlives: withLock(spec.outlives, owned),
          plan: (network) =>
            planQemu({
              ...factsOf(host),
              hardware,
              memory: spec.freezable ? { kind: 'record', path: paths.memory } : { kind: 'private' },
              boot: { kernel: spec.image.kernel, initrd: spec.image.initrd, args: kernelArgs },
              disk: { overlay, image: spec.image.rootfs },
              network,
              directory: paths.directory,
              incoming: false,
            }),
        },
        context,
      );
      const record = {
        format: 1 as const,
        driver: 'qemu',
        hardware,
        image: spec.image.id,
        kernel_args: kernelArgs,
        disk_size: diskSize,
        compatibility: await hostCompatibility(host, hardware.machine),
      };
      return endingOnFailure(qemu, () =>
        ownMachine(
          {
            owned,
            vmm: qemu,
            hardware,
            freezable: spec.freezable
              ? { record, save: () => saveMachine(qemu, paths, host.qemu.version, context) }
              : undefined,
            image: spec.image.id,
            overlay,
            outlives: spec.outlives !== undefined,
            beforeSsh: spec.beforeSsh,
            address: sshAddress(qemu.sshPort, spec.address),
            answersWithin: deadline(context, 'boot'),
          },
          context,
        ),
      );
    },
    spec.outlives?.id,
  );
}

async function makeOverlay(path: string, size: number): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  // Whole or not at all: it is the workspace's.
  await writeFileAtomic(path, emptyQcow2(size), { mode: 0o600 });
}

/** What every command line takes from the host. */
export function factsOf(
  host: QemuHost,
): Pick<Parameters<typeof planQemu>[0], 'version' | 'accelerator' | 'sandbox' | 'tscKilohertz'> {
  const { qemu, accelerator, sandbox, tscKilohertz } = host;
  return { version: qemu.version, accelerator, sandbox, tscKilohertz };
}
