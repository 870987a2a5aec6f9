import { open, stat } from 'node:fs/promises';
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
import { diskSizeOf } from '../machine/machine-image.ts';
import type { MachineImage } from '../machine/machine-image.ts';
import { MACHINE_FILES } from '../machine/machine-paths.ts';
import type { MachinePaths } from '../machine/machine-paths.ts';
import type { Freezable } from '../machine/machine-handle.ts';
import { ownMachine } from '../machine/own-machine.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { TapCreateSpec } from '../machine/tap/tap-vmm.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { probeCloudHypervisorHost } from './host/cloud-hypervisor-host.ts';
import type { CloudHypervisorProgram } from './host/find-cloud-hypervisor.ts';
import { hostCompatibility } from './host/host-compatibility.ts';
import { planMachine } from './plan/plan-machine.ts';
import { makeBootNames, removeBootNames } from './process/boot-names.ts';
import { launchCloudHypervisor } from './process/launch-cloud-hypervisor.ts';
import { saveMachine } from './process/save-machine.ts';

const MEBIBYTE = 2 ** 20;
export const DRIVER = 'cloud-hypervisor';

/**
 * Boots a new machine and waits until it can be used by ssh.
 * @throws DewarError CLOUD_HYPERVISOR_MISSING, CLOUD_HYPERVISOR_TOO_OLD, CLOUD_HYPERVISOR_BROKEN, KVM_UNUSABLE, IMAGE_MISSING,
 *   KERNEL_UNFIT, NO_SPACE, BAD_MACHINE, BAD_MACHINE_DIRECTORY, COMMAND_REFUSED, GUEST_SILENT, GUEST_PANIC, GUEST_UNFIT,
 *   MACHINE_ENDED, SSH_FAILED, INTERRUPTED
 */
export async function createMachine(spec: TapCreateSpec, context: MachineContext): Promise<VirtualMachine> {
  const program = await probeCloudHypervisorHost(context);
  const diskSize = await diskSizeOf(spec.image, spec.diskSize);
  const kernel = await elfKernel(spec.image.kernel, cacheDirectory(context.env), context.signal);
  const { image, tap } = spec;
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
      if (spec.freezable) await makeMemory(paths, spec.memoryMiB * MEBIBYTE);
      const disk = spec.overlay ?? paths.raw;
      if (!(await exists(disk))) await copyDisk(image.rootfs, disk, diskSize, context.signal);
      const kernelArgs = image.kernelArgs ?? '';
      const config = planMachine({
        ...hardware,
        memory: spec.freezable ? { kind: 'record', path: MACHINE_FILES.memory } : { kind: 'private' },
        kernelArgs,
        initrd: image.initrd !== undefined,
        disk,
        tap: tap.tap,
      });
      await makeBootNames(paths, { kernel, initrd: image.initrd });
      const outlives = withLock(spec.outlives, owned);
      const vmm = await launchCloudHypervisor({ program: program.path, paths, hardware, outlives }, context);
      return endingOnFailure(vmm, async () => {
        const limits = { deadlineMs: deadline(context, 'load'), signal: context.signal };
        const explained = explainedBy(vmm);
        await explained(() => vmm.api.create(config, limits));
        await explained(() => vmm.api.boot(limits));
        await removeBootNames(paths);
        return await ownMachine(
          {
            owned,
            vmm,
            hardware,
            freezable: spec.freezable
              ? {
                  record: await recordOf(program, { hardware, image, kernelArgs, diskSize }),
                  save: () => saveMachine(vmm, paths, context),
                }
              : undefined,
            image: image.id,
            overlay: disk,
            outlives: spec.outlives !== undefined,
            beforeSsh: spec.beforeSsh,
            address: sshAddress(undefined, tap.guest),
            answersWithin: deadline(context, 'boot'),
          },
          context,
        );
      });
    },
    spec.outlives?.id,
  );
}

async function makeMemory(paths: MachinePaths, bytes: number): Promise<void> {
  await assertRoom(paths.directory, bytes, `the machine's memory`);
  await using file = await open(paths.memory, 'wx', 0o600);
  await file.truncate(bytes);
}

async function recordOf(
  program: CloudHypervisorProgram,
  machine: { hardware: Hardware; image: MachineImage; kernelArgs: string; diskSize: number },
): Promise<Freezable['record']> {
  return {
    format: 1,
    driver: DRIVER,
    hardware: machine.hardware,
    image: machine.image.id,
    kernel_args: machine.kernelArgs,
    disk_size: machine.diskSize,
    compatibility: await hostCompatibility(program),
  };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
