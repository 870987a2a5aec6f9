import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import type { DriverCapabilities, DriverContext, DriverProbe } from '../driver.ts';
import type { StartSpec, TapNetwork, WaitingMachine, WorkspaceDriver } from '../workspace-driver.ts';
import { attachMachine, attachSsh, endMachine, findMachine } from './attach-machine.ts';
import type { ConnectVmm } from './attach-machine.ts';
import type { ConnectedVmm } from './connected-vmm.ts';
import { assertDiskKind } from './disk-kind.ts';
import type { DiskKind } from './disk-kind.ts';
import { explainedBy } from './explained-by.ts';
import { whereLogsAre } from './kept-logs.ts';
import type { MachineContext } from './machine-context.ts';
import { newMachineId } from './machine-directory.ts';
import type { MachineImage } from './machine-image.ts';
import { machinePaths } from './machine-paths.ts';
import { machinesDirectory } from './machines-directory.ts';
import type { UnreachedMachine } from './own-machine.ts';
import { pressPowerButton } from './press-power-button.ts';
import type { PressButton } from './press-power-button.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** What a guest is told by its agent before anybody can reach it. */
export interface GuestIntroduction {
  /** Makes a woken guest a machine of its own. */
  refresh: (
    guest: Pick<UnreachedMachine, 'agent'> & { id: string },
    hostname: string,
    context: DriverContext,
  ) => Promise<void>;
  /** Gives a guest that has booted its machine's name. */
  rename: (guest: Pick<UnreachedMachine, 'agent'>, hostname: string, context: DriverContext) => Promise<void>;
  /** Gives a guest on a TAP its address. */
  address: (
    guest: Pick<UnreachedMachine, 'agent'>,
    network: TapNetwork,
    context: DriverContext,
  ) => Promise<void>;
}

export interface MachineWorkspaceOptions<Vmm extends ConnectedVmm> extends GuestIntroduction {
  name: string;
  capabilities: DriverCapabilities;
  env: Readonly<Record<string, string>>;
  diskKind: DiskKind;
  probe(context: MachineContext): Promise<DriverProbe>;
  /** Boots a machine that outlives this process, and waits until it can be used by ssh. */
  boot(spec: BootSpec<Vmm>, context: MachineContext): Promise<VirtualMachine>;
  /** @returns undefined when a machine of this kind can neither be woken nor saved. Absent: none can. */
  openStandby?(spec: BootSpec<Vmm>, context: MachineContext): Promise<Standby<Vmm> | undefined>;
  connect: ConnectVmm;
  pressButton: PressButton;
  /** Removes what processes that died have left in a directory of `StartSpec.standbys`. */
  sweepStandbys?(standbys: string): Promise<void>;
}

/** A machine that is to be made, with what its image's kernel is told. */
export interface BootSpec<Vmm extends ConnectedVmm> extends Omit<StartSpec, 'image' | 'credentials'> {
  image: MachineImage & { kernelArgs: string };
  /** Called when the agent answers, before the first connection by ssh, which waits for what this does. */
  beforeSsh: (machine: UnreachedMachine<Vmm>) => Promise<void>;
}

/** The saved machine from which those of one kind wake. */
export interface Standby<Vmm extends ConnectedVmm> {
  /**
   * @returns undefined where there is none yet
   * @throws DewarError HOST_INCOMPATIBLE, SNAPSHOT_DAMAGED before anything is started; RESTORE_FAILED
   */
  wake: (spec: BootSpec<Vmm>) => Promise<VirtualMachine | undefined>;
  /** Saves a machine for the next ones; what goes wrong is only warned of, unless the machine is lost. */
  save: (machine: UnreachedMachine<Vmm>) => Promise<void>;
}

/** sshd waits until the credentials came. */
const KERNEL_ARGS = 'dewar.credentials=wait';
/** A standby that cannot be woken is as good as none. */
const UNUSABLE = new Set(['HOST_INCOMPATIBLE', 'SNAPSHOT_DAMAGED', 'RESTORE_FAILED', 'NOT_A_REGULAR_FILE']);

/** Guests of a VMM that outlive the process that started them. */
export function machineWorkspaceDriver<Vmm extends ConnectedVmm>(
  options: MachineWorkspaceOptions<Vmm>,
): WorkspaceDriver {
  const { name, capabilities, env } = options;
  const root = machinesDirectory(env, name);
  const contextOf = ({ emit, signal }: DriverContext): MachineContext => ({ env, root, emit, signal });
  const quiet = contextOf({ emit: () => undefined });
  return {
    name,
    capabilities,
    probe: () => options.probe(quiet),
    newId: newMachineId,

    async start(spec, context) {
      await assertDiskKind(spec.overlay, options.diskKind, name);
      const machineContext = contextOf(context);
      const ofSpec = (beforeSsh: BootSpec<Vmm>['beforeSsh']): BootSpec<Vmm> => ({
        ...spec,
        image: { ...spec.image, kernelArgs: KERNEL_ARGS },
        beforeSsh,
      });
      const standby = await options.openStandby?.(
        ofSpec(() => Promise.resolve()),
        machineContext,
      );
      const woken = await noteUnusable(context, async () =>
        standby?.wake(
          ofSpec(async (machine) => {
            await options.refresh({ id: spec.id, agent: machine.agent }, spec.hostname, context);
            await introduce(machine, spec, context);
          }),
        ),
      );
      if (woken !== undefined) return { machine: woken, how: 'thawed' };
      const booting = ofSpec(async (machine) => {
        // What is saved is of no workspace.
        await standby?.save(machine);
        await options.rename(machine, spec.hostname, context);
        await introduce(machine, spec, context);
      });
      return { machine: await options.boot(booting, machineContext), how: 'booted' };
    },

    async find(id) {
      const found = await findMachine(id, quiet);
      return found && { pid: found.pid };
    },
    attach: (id, context) => attachMachine(id, options.connect, contextOf(context)),
    connect: (id, user, context) => attachSsh(id, user, contextOf(context)),
    pressPowerButton: (id, deadlineMs, context) =>
      pressPowerButton(id, deadlineMs, options.pressButton, contextOf(context)),
    end: (id) => endMachine(id, quiet),
    sweep: async (standbys) => options.sweepStandbys?.(standbys),
    async logs(id) {
      const paths = machinePaths(join(root, id));
      return {
        console: await whereLogsAre(paths, 'console'),
        monitor: await whereLogsAre(paths, 'protocol'),
      };
    },
  };

  /** A guest asks nobody for its address: what was saved has none. */
  async function introduce(
    machine: UnreachedMachine<Vmm>,
    spec: StartSpec,
    context: DriverContext,
  ): Promise<void> {
    const { network } = spec;
    if (typeof network !== 'string') await options.address(machine, network, context);
    await spec.credentials(waiting(machine));
  }
}

async function noteUnusable<T>(
  { emit }: DriverContext,
  wake: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await wake();
  } catch (error) {
    if (!(error instanceof DewarError) || !UNUSABLE.has(error.code)) throw error;
    emit({ type: 'note', message: `booting instead: ${error.message}` });
    return undefined;
  }
}

function waiting(machine: UnreachedMachine): WaitingMachine {
  const { agent, vmm } = machine;
  const explained = explainedBy(vmm);
  return {
    addDisk: (disk) => explained(() => machine.addDisk(disk)),
    removeDevice: (id) => explained(() => machine.removeDevice(id)),
    run: (path, args, options) => explained(() => agent.run(path, args, options)),
  };
}
