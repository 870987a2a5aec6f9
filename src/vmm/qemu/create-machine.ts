import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { DewarError } from '../../core/errors.ts';
import type { HeldDescriptor } from '../workspace-driver.ts';
import { assertRoom } from './freeze/save-machine.ts';
import { hostCompatibility } from './host/host-compatibility.ts';
import { probeQemuHost } from './host/qemu-host.ts';
import type { QemuHost } from './host/qemu-host.ts';
import { endNow } from './machine/end-qemu.ts';
import { launchQemu } from './machine/launch-qemu.ts';
import type { LaunchOptions } from './machine/launch-qemu.ts';
import { deadline } from './machine/machine-context.ts';
import type { MachineContext } from './machine/machine-context.ts';
import { claimDirectory, removeMachine } from './machine/machine-directory.ts';
import type { OwnedDirectory } from './machine/machine-directory.ts';
import { ownMachine } from './machine/own-machine.ts';
import type { UnreachedMachine } from './machine/own-machine.ts';
import type { VirtualMachine } from './machine/virtual-machine.ts';
import { emptyQcow2 } from './plan/empty-qcow2.ts';
import { planQemu } from './plan/plan-qemu.ts';
import type { Hardware } from './plan/plan-qemu.ts';

/** A kernel and a root disk. Paths are absolute. */
export interface MachineImage {
  /** What a snapshot remembers of it, such as its digest. */
  id: string;
  kernel: string;
  initrd?: string | undefined;
  /** A raw disk that holds a file system; never written to. */
  rootfs: string;
  /** Added to the kernel's command line. */
  kernelArgs?: string;
}

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
  beforeSsh?: (machine: UnreachedMachine) => Promise<void>;
}

const MEBIBYTE = 2 ** 20;
const SECTOR = 512;

/**
 * Boots a new machine and waits until it can be used by ssh.
 * @throws DewarError QEMU_MISSING, QEMU_TOO_OLD, QEMU_BROKEN, IMAGE_MISSING, NO_SPACE, PORT_TAKEN, BAD_MACHINE, GUEST_SILENT,
 *   GUEST_PANIC, GUEST_UNFIT, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function createMachine(spec: CreateSpec, context: MachineContext): Promise<VirtualMachine> {
  const host = await probeQemuHost(context);
  const imageSize = await sizeOfImage(spec.image);
  const diskSize = Math.ceil((spec.diskSize ?? imageSize) / SECTOR) * SECTOR;
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
            qemu,
            hardware,
            freezable: spec.freezable ? { version: host.qemu.version, record } : undefined,
            image: spec.image.id,
            overlay,
            outlives: spec.outlives !== undefined,
            beforeSsh: spec.beforeSsh,
            address: addressOf(qemu.sshPort, spec.address),
            answersWithin: deadline(context, 'boot'),
          },
          context,
        ),
      );
    },
    spec.outlives?.id,
  );
}

function randomMac(): string {
  return `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

async function makeOverlay(path: string, size: number): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  // Whole or not at all: it is the workspace's.
  await writeFileAtomic(path, emptyQcow2(size), { mode: 0o600 });
}

/** A machine that outlives its maker holds the lock of its directory, which nobody sweeps then. */
export function withLock(
  outlives: { holds: readonly HeldDescriptor[] } | undefined,
  { lock }: OwnedDirectory,
): { holds: readonly HeldDescriptor[] } | undefined {
  return outlives && { holds: [lock, ...outlives.holds] };
}

/** What every command line takes from the host. */
export function factsOf(
  host: QemuHost,
): Pick<Parameters<typeof planQemu>[0], 'version' | 'accelerator' | 'sandbox' | 'tscKilohertz'> {
  const { qemu, accelerator, sandbox, tscKilohertz } = host;
  return { version: qemu.version, accelerator, sandbox, tscKilohertz };
}

/** @returns size of the image's disk in bytes. @throws DewarError IMAGE_MISSING */
export async function sizeOfImage({ kernel, initrd, rootfs }: MachineImage): Promise<number> {
  let size = 0;
  for (const path of [kernel, initrd, rootfs]) {
    if (path === undefined) continue;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true)
      throw new DewarError({
        code: 'IMAGE_MISSING',
        message: `${path} of the image is missing`,
        mend: 'build the image: dewar image build',
      });
    size = found.size;
  }
  return size;
}

/** @returns where sshd of a guest is reached */
export function addressOf(
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

/** Gives work a directory for a machine; removes it, and what runs there, when the work fails. */
export async function withDirectory<T>(
  { root }: MachineContext,
  work: (owned: OwnedDirectory) => Promise<T>,
  id?: string,
): Promise<T> {
  const owned = await claimDirectory(root, id);
  try {
    return await work(owned);
  } catch (error) {
    await removeMachine(owned);
    throw error;
  }
}

/** Ends QEMU when the work with it fails. */
export async function endingOnFailure<T>(
  qemu: Awaited<ReturnType<typeof launchQemu>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    qemu.disconnect();
    await endNow(qemu.process);
    throw error;
  }
}
