import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDisk } from '../../platform/copy-disk.ts';
import { endingOnFailure } from '../machine/end-vmm.ts';
import { asRestoreErrors } from '../machine/freeze/as-restore-errors.ts';
import { openFrozenMachine } from '../machine/freeze/open-frozen-machine.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { withDirectory } from '../machine/machine-directory.ts';
import { ownMachine } from '../machine/own-machine.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { TapRestoreOverrides } from '../machine/tap/tap-vmm.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { DRIVER } from './create-machine.ts';
import { probeCloudHypervisorHost } from './host/cloud-hypervisor-host.ts';
import { hostCompatibility, HostCompatibilitySchema, hostDifferences } from './host/host-compatibility.ts';
import type { HostCompatibility } from './host/host-compatibility.ts';
import { planMachine } from './plan/plan-machine.ts';
import type { VmConfig } from './plan/vm-config.ts';
import { makeBootNames, removeBootNames } from './process/boot-names.ts';
import { launchCloudHypervisor } from './process/launch-cloud-hypervisor.ts';
import { SNAPSHOT_FILES } from './process/save-machine.ts';

const RESTORED = 'restore';

/**
 * Brings back a frozen machine, in a time that does not grow with its memory. Any number may be brought back from one
 * directory at a time; none writes to it.
 * @param bundle absolute; has what `VirtualMachine.freeze` wrote
 * @throws DewarError SNAPSHOT_DAMAGED and HOST_INCOMPATIBLE before anything is started; RESTORE_FAILED; as `createMachine`
 */
export async function restoreMachine(
  bundle: string,
  { image, tap, beforeSsh, beforeServing }: TapRestoreOverrides,
  context: MachineContext,
): Promise<VirtualMachine> {
  const program = await probeCloudHypervisorHost(context);
  const kind = {
    driver: DRIVER,
    compatibility: HostCompatibilitySchema,
    program: ({ cloud_hypervisor: version }: HostCompatibility) => `Cloud Hypervisor ${version}`,
    differences: async ({ compatibility }: { compatibility: HostCompatibility }) =>
      hostDifferences(compatibility, await hostCompatibility(program)),
  };
  const frozen = await openFrozenMachine(bundle, image, kind, context);
  const { hardware } = frozen;
  return withDirectory(context, async (owned) => {
    const { paths } = owned;
    await copyDisk(join(bundle, 'rootfs.backing'), paths.raw, frozen.disk_size, context.signal);
    // Nothing that a bundle says names a file or a device of this host.
    const config = planMachine({
      ...hardware,
      memory: { kind: 'restore', path: join(bundle, 'mem_file') },
      kernelArgs: frozen.kernel_args,
      initrd: image.initrd !== undefined,
      disk: paths.raw,
      tap: tap.tap,
    });
    const source = await layOut(paths.directory, config, join(bundle, 'vmstate'));
    await makeBootNames(paths, image);
    const vmm = await launchCloudHypervisor({ program: program.path, paths, hardware }, context);
    return endingOnFailure(vmm, async () => {
      const limits = { deadlineMs: deadline(context, 'load'), signal: context.signal };
      await asRestoreErrors(vmm, () => vmm.api.restore(source, limits));
      await removeBootNames(paths);
      await asRestoreErrors(vmm, () => vmm.resume());
      const machine = await ownMachine(
        {
          owned,
          vmm,
          hardware,
          freezable: undefined,
          image: image.id,
          overlay: paths.raw,
          outlives: false,
          beforeSsh,
          address: sshAddress(undefined, tap.guest),
          answersWithin: deadline(context, 'wake'),
          hostKey: frozen.host_key,
        },
        context,
      );
      await beforeServing(machine);
      return machine;
    });
  });
}

/** @returns a directory as vm.restore takes one */
async function layOut(directory: string, config: VmConfig, state: string): Promise<string> {
  const source = join(directory, RESTORED);
  await mkdir(source, { mode: 0o700 });
  await writeFile(join(source, SNAPSHOT_FILES.config), JSON.stringify(config), { mode: 0o600 });
  await symlink(state, join(source, SNAPSHOT_FILES.state));
  return source;
}
