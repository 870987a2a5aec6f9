import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { copyDisk } from '../../platform/copy-disk.ts';
import { elfKernel } from '../machine/elf-kernel.ts';
import { endingOnFailure } from '../machine/end-vmm.ts';
import { explainedBy } from '../machine/explained-by.ts';
import { assertRoom } from '../machine/freeze/assert-room.ts';
import type { Hardware } from '../machine/hardware.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { withDirectory, withLock } from '../machine/machine-directory.ts';
import type { Freezable } from '../machine/machine-handle.ts';
import { diskSizeOf } from '../machine/machine-image.ts';
import { MACHINE_FILES } from '../machine/machine-paths.ts';
import { ownMachine } from '../machine/own-machine.ts';
import type { OwnedMachine } from '../machine/own-machine.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { TapCreateSpec } from '../machine/tap/tap-vmm.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import type { FirecrackerProgram } from './host/find-firecracker.ts';
import { probeFirecrackerHost } from './host/firecracker-host.ts';
import { hostCompatibility } from './host/host-compatibility.ts';
import { choosePlace } from './jail/place.ts';
import type { Place } from './jail/place.ts';
import { PLACEHOLDER } from './plan/ids.ts';
import { planAction } from './plan/plan-action.ts';
import { planBoot } from './plan/plan-boot.ts';
import type { ConnectedFirecracker } from './process/connect-firecracker.ts';
import { launchFirecracker } from './process/launch-firecracker.ts';
import { saveMachine } from './process/save-machine.ts';

export interface CreateSpec
  extends Omit<TapCreateSpec, 'beforeSsh'>, Partial<Pick<TapCreateSpec, 'beforeSsh'>> {
  /** Absolute; where Firecracker listens; in the machine's directory by default. */
  socket?: string | undefined;
  /** Waits for a guest, and takes it over; by its agent by default. */
  reach?: Reach;
}

export type Reach = (
  machine: OwnedMachine<ConnectedFirecracker>,
  context: MachineContext,
) => Promise<VirtualMachine>;

const MEBIBYTE = 2 ** 20;
export const DRIVER = 'firecracker';

/**
 * Boots a new machine and waits until it can be used by ssh.
 * @throws DewarError FIRECRACKER_MISSING, FIRECRACKER_UNKNOWN, FIRECRACKER_BROKEN, KVM_UNUSABLE, IMAGE_MISSING, KERNEL_UNFIT,
 *   NO_SPACE, BAD_MACHINE, COMMAND_REFUSED, GUEST_SILENT, GUEST_PANIC, GUEST_UNFIT, MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function createMachine(spec: CreateSpec, context: MachineContext): Promise<VirtualMachine> {
  const program = await probeFirecrackerHost(context);
  const diskSize = await diskSizeOf(spec.image, spec.diskSize);
  const { image, tap, outlives, socket, reach = ownMachine } = spec;
  const kernel = await elfKernel(image.kernel, cacheDirectory(context.env), context.signal);
  const kernelArgs = image.kernelArgs ?? '';
  const hardware: Hardware = {
    machine: DRIVER,
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    mac: tap.mac,
    network: 'tap',
  };
  return withDirectory(
    context,
    async (owned) => {
      const { paths } = owned;
      if (spec.freezable)
        await assertRoom(paths.directory, spec.memoryMiB * MEBIBYTE, `the machine's memory`);
      const disk = spec.overlay ?? paths.raw;
      if (!(await exists(disk))) await copyDisk(image.rootfs, disk, diskSize, context.signal);
      const place = await choosePlace({ program, paths, tap: spec.reach ? undefined : tap.tap }, context);
      const plan = planBoot({
        ...hardware,
        boot: {
          kernel: place.bring(kernel, 'read', 'kernel'),
          initrd: image.initrd === undefined ? undefined : place.bring(image.initrd, 'read', 'initrd'),
          args: kernelArgs,
        },
        disk: { path: place.bring(disk, 'write', MACHINE_FILES.raw), durable: outlives !== undefined },
        placeholder: outlives && (await newFile(place, join(paths.directory, PLACEHOLDER), 'read')),
        network: { tap: tap.tap, mac: tap.mac },
        vsock: MACHINE_FILES.vsock,
      });
      if (spec.freezable) for (const file of [paths.memory, paths.state]) await newFile(place, file, 'write');
      const launch = { place, paths, hardware, socket, outlives: withLock(outlives, owned) };
      const vmm = await launchFirecracker(launch, context);
      return endingOnFailure(vmm, async () => {
        const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
        const explained = explainedBy(vmm);
        for (const request of plan) await explained(() => vmm.api.ask(request, answer));
        // It reads the kernel and the initrd.
        const start = { ...answer, deadlineMs: deadline(context, 'load') };
        await explained(() => vmm.api.ask(planAction('InstanceStart'), start));
        const record = { hardware, image: image.id, kernel_args: kernelArgs, disk_size: diskSize };
        return await reach(
          {
            owned,
            vmm,
            hardware,
            freezable: spec.freezable
              ? {
                  record: await recordOf(program, record),
                  save: () => saveMachine(vmm, paths, hardware, context),
                }
              : undefined,
            image: image.id,
            overlay: disk,
            outlives: outlives !== undefined,
            beforeSsh: spec.beforeSsh,
            address: sshAddress(undefined, tap.guest),
            answersWithin: deadline(context, 'boot'),
          },
          context,
        );
      });
    },
    outlives?.id,
  );
}

async function recordOf(
  program: FirecrackerProgram,
  machine: Pick<Freezable['record'], 'hardware' | 'image' | 'kernel_args' | 'disk_size'>,
): Promise<Freezable['record']> {
  return { format: 1, driver: DRIVER, ...machine, compatibility: await hostCompatibility(program) };
}

/** @returns its path in the place */
async function newFile(place: Place, path: string, access: 'read' | 'write'): Promise<string> {
  await writeFile(path, '', { mode: 0o600 });
  if (access === 'read') await chmod(path, 0o444);
  return place.bring(path, access);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
