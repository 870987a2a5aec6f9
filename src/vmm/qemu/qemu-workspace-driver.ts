import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { QEMU_MACHINES } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import type { DriverContext } from '../driver.ts';
import type {
  StartedMachine,
  StartSpec,
  TapNetwork,
  WaitingMachine,
  WorkspaceDriver,
} from '../workspace-driver.ts';
import { attachMachine, attachSsh, endMachine, findMachine } from './attach-machine.ts';
import { createMachine } from './create-machine.ts';
import type { CreateSpec } from './create-machine.ts';
import { pressPowerButton } from './press-power-button.ts';
import { probeQemuDriver } from './probe-qemu-driver.ts';
import { whereLogsAre } from './machine/kept-logs.ts';
import type { MachineContext } from './machine/machine-context.ts';
import { newMachineId } from './machine/machine-directory.ts';
import { machinePaths } from './machine/machine-paths.ts';
import type { UnreachedMachine } from './machine/own-machine.ts';
import type { VirtualMachine } from './machine/virtual-machine.ts';
import { openStandby } from './standby/open-standby.ts';
import type { Standby } from './standby/open-standby.ts';
import { sweepStandbys } from './standby/sweep-standbys.ts';

export interface QemuWorkspaceOptions {
  env: Readonly<Record<string, string>>;
  /** Makes a woken guest a machine of its own, by its agent. */
  refresh: (
    guest: Pick<UnreachedMachine, 'agent'> & { id: string },
    hostname: string,
    context: DriverContext,
  ) => Promise<void>;
  /** Gives a guest that has booted its machine's name, by its agent. */
  rename: (guest: Pick<UnreachedMachine, 'agent'>, hostname: string, context: DriverContext) => Promise<void>;
  /** Gives a guest on a TAP its address, by its agent. */
  address: (
    guest: Pick<UnreachedMachine, 'agent'>,
    network: TapNetwork,
    context: DriverContext,
  ) => Promise<void>;
}

/** sshd waits until the credentials came. */
const KERNEL_ARGS = 'dewar.credentials=wait';

/** Guests of QEMU that outlive the process that started them. */
export function qemuWorkspaceDriver({
  env,
  refresh,
  rename,
  address,
}: QemuWorkspaceOptions): WorkspaceDriver {
  const root = join(cacheDirectory(env), ...QEMU_MACHINES);
  const contextOf = ({ emit, signal }: DriverContext): MachineContext => ({ env, root, emit, signal });
  const quiet = contextOf({ emit: () => undefined });
  return {
    name: 'qemu',
    capabilities: {
      snapshot: true,
      lazyRestore: false,
      hotplugDisk: true,
      hotplugShare: true,
      network: 'user',
      rootless: true,
    },
    probe: () => probeQemuDriver(quiet),
    newId: newMachineId,

    async start(spec, context) {
      const machineContext = contextOf(context);
      const standby = await openStandby(spec, KERNEL_ARGS, machineContext);
      const woken = await wake(spec, standby, context, machineContext);
      if (woken !== undefined) return { machine: woken, how: 'thawed' };
      return {
        machine: await boot(
          spec,
          standby,
          async (machine) => {
            await rename(machine, spec.hostname, context);
            await connectGuest(machine, spec, context);
          },
          machineContext,
        ),
        how: 'booted',
      };
    },

    async find(id) {
      const found = await findMachine(id, quiet);
      return found && { pid: found.pid };
    },
    attach: (id, context) => attachMachine(id, contextOf(context)),
    connect: (id, user, context) => attachSsh(id, user, contextOf(context)),
    pressPowerButton: (id, deadlineMs, context) => pressPowerButton(id, deadlineMs, contextOf(context)),
    end: (id) => endMachine(id, quiet),
    sweep: sweepStandbys,
    async logs(id) {
      const paths = machinePaths(join(root, id));
      return {
        console: await whereLogsAre(paths, 'console'),
        monitor: await whereLogsAre(paths, 'protocol'),
      };
    },
  };

  /** A guest asks nobody for its address: what was saved has none. */
  async function connectGuest(
    machine: UnreachedMachine,
    { network }: StartSpec,
    context: DriverContext,
  ): Promise<void> {
    if (typeof network !== 'string') await address(machine, network, context);
  }

  async function wake(
    spec: StartSpec,
    standby: Standby | undefined,
    context: DriverContext,
    machineContext: MachineContext,
  ): Promise<StartedMachine['machine'] | undefined> {
    try {
      return await standby?.wake({
        ...networkOf(spec),
        image: withArguments(spec),
        overlay: spec.overlay,
        outlives: { id: spec.id, holds: spec.holds },
        beforeSsh: async (machine) => {
          await refresh({ id: spec.id, agent: machine.agent }, spec.hostname, context);
          await connectGuest(machine, spec, context);
          await spec.credentials(waiting(machine));
        },
      });
    } catch (error) {
      if (!(error instanceof DewarError) || !UNUSABLE.has(error.code)) throw error;
      machineContext.emit({ type: 'note', message: `booting instead: ${error.message}` });
      return undefined;
    }
  }
}

/** A standby that cannot be woken is as good as none. */
const UNUSABLE = new Set(['HOST_INCOMPATIBLE', 'SNAPSHOT_DAMAGED', 'RESTORE_FAILED', 'NOT_A_REGULAR_FILE']);

async function boot(
  spec: StartSpec,
  standby: Standby | undefined,
  introduce: (machine: UnreachedMachine) => Promise<void>,
  context: MachineContext,
): Promise<VirtualMachine> {
  return createMachine(
    {
      image: withArguments(spec),
      machine: 'q35',
      cpus: spec.cpus,
      memoryMiB: spec.memoryMiB,
      diskSize: spec.diskSize,
      freezable: false,
      ...networkOf(spec),
      overlay: spec.overlay,
      outlives: { id: spec.id, holds: spec.holds },
      beforeSsh: async (machine) => {
        // What is saved is of no workspace.
        await standby?.save(machine);
        await introduce(machine);
        await spec.credentials(waiting(machine));
      },
    },
    context,
  );
}

function withArguments({ image }: StartSpec): CreateSpec['image'] {
  return { ...image, kernelArgs: KERNEL_ARGS };
}

function networkOf({ network }: StartSpec): Pick<CreateSpec, 'network' | 'address' | 'mac'> {
  if (typeof network === 'string') return { network: { kind: 'user', restrict: network === 'off' } };
  return { network: { kind: 'tap', name: network.tap }, address: network.guest, mac: network.mac };
}

function waiting(machine: UnreachedMachine): WaitingMachine {
  const { agent, qemu } = machine;
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw await qemu.explain(error);
    }
  };
  return {
    addDisk: (disk) => explained(() => machine.addDisk(disk)),
    removeDevice: (id) => explained(() => machine.removeDevice(id)),
    run: (path, args, options) => explained(() => agent.run(path, args, options)),
  };
}
