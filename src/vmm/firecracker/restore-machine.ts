import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { copyDisk } from '../../platform/copy-disk.ts';
import { isVmmFault } from '../http/vmm-api.ts';
import { endingOnFailure } from '../machine/end-vmm.ts';
import { asRestoreErrors } from '../machine/freeze/as-restore-errors.ts';
import type { FrozenMachine } from '../machine/freeze/frozen-machine.ts';
import { openFrozenMachine } from '../machine/freeze/open-frozen-machine.ts';
import { deadline } from '../machine/machine-context.ts';
import type { MachineContext } from '../machine/machine-context.ts';
import { withDirectory } from '../machine/machine-directory.ts';
import { MACHINE_FILES } from '../machine/machine-paths.ts';
import { ownMachine } from '../machine/own-machine.ts';
import { sshAddress } from '../machine/ssh-address.ts';
import type { TapRestoreOverrides } from '../machine/tap/tap-vmm.ts';
import type { VirtualMachine } from '../machine/virtual-machine.ts';
import { DRIVER } from './create-machine.ts';
import type { Reach } from './create-machine.ts';
import { probeFirecrackerHost } from './host/firecracker-host.ts';
import { hostCompatibility, HostCompatibilitySchema, hostDifferences } from './host/host-compatibility.ts';
import type { HostCompatibility } from './host/host-compatibility.ts';
import { choosePlace } from './jail/place.ts';
import type { Place } from './jail/place.ts';
import { memoryBackend, serveMemory } from './memory/serve-memory.ts';
import { planRestore } from './plan/plan-restore.ts';
import type { RestorePlan, RestorePlanInput } from './plan/plan-restore.ts';
import type { ConnectedFirecracker } from './process/connect-firecracker.ts';
import { launchFirecracker } from './process/launch-firecracker.ts';
import type { LaunchOptions } from './process/launch-firecracker.ts';
import { memoryDeadline } from './process/memory-deadline.ts';

export interface RestoreOverrides
  extends Omit<TapRestoreOverrides, 'beforeSsh'>, Partial<Pick<TapRestoreOverrides, 'beforeSsh'>> {
  /** As of `createMachine`. */
  socket?: string | undefined;
  reach?: Reach;
}

/**
 * Brings back a frozen machine; its memory is read where the guest touches it. Any number may be brought back from one
 * directory at a time; none writes to it.
 * @param bundle absolute; has what `VirtualMachine.freeze` wrote
 * @throws DewarError SNAPSHOT_DAMAGED and HOST_INCOMPATIBLE before anything is started; RESTORE_FAILED; as `createMachine`
 */
export async function restoreMachine(
  bundle: string,
  overrides: RestoreOverrides,
  context: MachineContext,
): Promise<VirtualMachine> {
  const { image, tap, beforeSsh, beforeServing, socket, reach = ownMachine } = overrides;
  const program = await probeFirecrackerHost(context);
  const kind = {
    driver: DRIVER,
    compatibility: HostCompatibilitySchema,
    program: ({ firecracker }: HostCompatibility) => `Firecracker ${firecracker}`,
    differences: async ({ compatibility, kernel_args: args }: FrozenMachine<HostCompatibility>) => [
      ...hostDifferences(compatibility, await hostCompatibility(program)),
      // the address of a guest of one's own
      ...(args === (image.kernelArgs ?? '') ? [] : [`${image.kernelArgs} instead of ${args}`]),
    ],
  };
  const frozen = await openFrozenMachine(bundle, image, kind, context);
  const { hardware } = frozen;
  return withDirectory(context, async (owned) => {
    const { paths } = owned;
    await copyDisk(join(bundle, 'rootfs.backing'), paths.raw, frozen.disk_size, context.signal);
    const place = await choosePlace({ program, paths, tap: overrides.reach ? undefined : tap.tap }, context);
    const files = {
      state: place.bring(join(bundle, 'vmstate'), 'read', 'frozen.vmstate'),
      memory: await bringMemory(join(bundle, 'mem_file'), place, paths.directory, context),
      disk: place.bring(paths.raw, 'write'),
    };
    const plan = (clock: boolean): RestorePlan =>
      planRestore({
        version: program.version,
        state: files.state,
        memory: files.memory,
        disk: files.disk,
        tap: tap.tap,
        vsock: MACHINE_FILES.vsock,
        clock,
      });
    const vmm = await load({ place, paths, hardware, socket }, plan, context);
    return endingOnFailure(vmm, async () => {
      const answer = { deadlineMs: deadline(context, 'answer'), signal: context.signal };
      const { rebind, resume } = plan(false);
      for (const request of [rebind, resume]) await asRestoreErrors(vmm, () => vmm.api.ask(request, answer));
      const machine = await reach(
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

async function bringMemory(
  path: string,
  place: Place,
  directory: string,
  context: MachineContext,
): Promise<RestorePlanInput['memory']> {
  if (memoryBackend(context.env) === 'file')
    return { kind: 'file', path: place.bring(path, 'read', 'frozen.mem_file') };
  return { kind: 'userfault', socket: place.bring(await serveMemory(directory, path, context), 'write') };
}

/**
 * Starts a process with the saved machine, whose CPUs stand. Its clocks go on where this host, and the one where it was saved,
 * can do that; else they are set later. A process whose load has failed is of no use any more.
 * @throws DewarError RESTORE_FAILED; as `launchFirecracker`
 */
async function load(
  options: LaunchOptions,
  plan: (clock: boolean) => RestorePlan,
  context: MachineContext,
): Promise<ConnectedFirecracker> {
  const limits = {
    deadlineMs: memoryDeadline(context, 'load', options.hardware.memoryMiB),
    signal: context.signal,
  };
  for (let clock = true; ; clock = false) {
    const vmm = await launchFirecracker(options, context);
    try {
      return await endingOnFailure(vmm, () =>
        asRestoreErrors(vmm, async () => {
          await vmm.api.ask(plan(clock).load, limits);
          return vmm;
        }),
      );
    } catch (error) {
      if (!clock || !(error instanceof DewarError) || !isRefusedClock(error.cause)) throw error;
      context.emit({ type: 'debug', message: error.message });
    }
  }
}

/** Only a KVM that is sure of its clock saves what the time was. */
function isRefusedClock(error: unknown): boolean {
  return isVmmFault(error) && /clock_realtime|Set clock error/i.test(error.cause.message);
}
