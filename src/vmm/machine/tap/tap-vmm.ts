import type { DriverProbe } from '../../driver.ts';
import type { HeldDescriptor, TapNetwork } from '../../workspace-driver.ts';
import type { ConnectVmm } from '../attach-machine.ts';
import type { MachineContext } from '../machine-context.ts';
import type { MachineImage } from '../machine-image.ts';
import type { UnreachedMachine } from '../own-machine.ts';
import type { PressButton } from '../press-power-button.ts';
import type { VirtualMachine } from '../virtual-machine.ts';

/** A VMM whose guests have a TAP, raw disks, and their agent on vsock. */
export interface TapVmm {
  /** Of the driver. */
  name: string;
  /** Of the program, for messages. */
  title: string;
  probe: (context: MachineContext) => Promise<DriverProbe>;
  /** Boots a new machine and waits until it can be used by ssh. */
  create: (spec: TapCreateSpec, context: MachineContext) => Promise<VirtualMachine>;
  /** Brings back a frozen machine. */
  restore: (
    bundle: string,
    overrides: TapRestoreOverrides,
    context: MachineContext,
  ) => Promise<VirtualMachine>;
  connect: ConnectVmm;
  pressButton: PressButton;
}

export interface TapCreateSpec {
  image: MachineImage;
  cpus: number;
  memoryMiB: number;
  /** Size of the root disk in bytes; the image's when absent. The guest grows its file system. */
  diskSize?: number;
  /** It can be frozen: room for its memory must be there. */
  freezable: boolean;
  /** In force. */
  tap: TapNetwork;
  /** The root disk, raw, absolute; made when it is absent. In the machine's directory, and gone with it, by default. */
  overlay?: string;
  /** The machine, of this name, goes on without this process, and holds these. */
  outlives?: { id: string; holds: readonly HeldDescriptor[] };
  /** Called before the first connection by ssh: the guest has no address yet. */
  beforeSsh: (machine: UnreachedMachine) => Promise<void>;
}

export interface TapRestoreOverrides {
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
