import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { copyDisk } from '../../platform/copy-disk.ts';
import { endingOnFailure } from '../machine/end-vmm.ts';
import { openFrozenMachine } from '../machine/freeze/open-frozen-machine.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { withDirectory } from '../machine/machine-directory.ts';
import type { MachineImage } from '../machine/machine-image.ts';
import { ownMachine } from '../machine/own-machine.ts';
import type { UnreachedMachine } from '../machine/own-machine.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import type { TapNetwork } from '../workspace-driver.ts';
import { DRIVER } from './create-machine.ts';
import { probeCloudHypervisorHost } from './host/cloud-hypervisor-host.ts';
import { hostCompatibility, HostCompatibilitySchema, hostDifferences } from './host/host-compatibility.ts';
import type { HostCompatibility } from './host/host-compatibility.ts';
import { planMachine } from './plan/plan-machine.ts';
import type { VmConfig } from './plan/vm-config.ts';
import { makeBootNames, removeBootNames } from './process/boot-names.ts';
import type { ConnectedCloudHypervisor } from './process/connect-cloud-hypervisor.ts';
import { launchCloudHypervisor } from './process/launch-cloud-hypervisor.ts';
import { SNAPSHOT_FILES } from './process/save-machine.ts';

export interface RestoreOverrides {
  /** The image of the frozen machine. */
  image: MachineImage;
  /** In force: the guest runs on it from its first moment. */
  tap: TapNetwork;
  /** Called before the first connection by ssh: the guest has the address of the machine that it was cloned from. */
  beforeSsh: (machine: UnreachedMachine) => Promise<void>;
  /**
   * Called before the machine is handed out: a clone has the clock, the random numbers and the names of the machine it was
   * cloned from until this gives it its own. If it fails the machine is removed.
   */
  beforeServing: (machine: VirtualMachine) => Promise<void>;
}

const RESTORED = 'restore';

/**
 * Brings back a frozen machine, in a time that does not grow with its memory. Any number may be brought back from one
 * directory at a time; none writes to it.
 * @param bundle absolute; has what `VirtualMachine.freeze` wrote
 * @throws DewarError SNAPSHOT_DAMAGED and HOST_INCOMPATIBLE before anything is started; RESTORE_FAILED; as `createMachine`
 */
export async function restoreMachine(
  bundle: string,
  { image, tap, beforeSsh, beforeServing }: RestoreOverrides,
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
    await makeBootNames(paths, undefined);
    const vmm = await launchCloudHypervisor({ program: program.path, paths, hardware }, context);
    return endingOnFailure(vmm, async () => {
      await load(vmm, source, context);
      await removeBootNames(paths);
      await vmm.resume();
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

/** @throws DewarError RESTORE_FAILED */
async function load(
  { api, explain }: Pick<ConnectedCloudHypervisor, 'api' | 'explain'>,
  source: string,
  context: MachineContext,
): Promise<void> {
  try {
    await api.restore(source, { deadlineMs: deadline(context, 'load'), signal: context.signal });
  } catch (error) {
    const cause = await explain(error);
    if (cause instanceof DewarError && cause.code === 'INTERRUPTED') throw cause;
    throw new DewarError({
      code: 'RESTORE_FAILED',
      message: `the saved state could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      mend: 'record the snapshot again on this host',
      cause,
    });
  }
}
