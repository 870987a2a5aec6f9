import type { Transport } from '../platform/ssh.ts';
import type { DriverCapabilities, DriverContext, DriverProbe } from './driver.ts';
import type { GuestImage } from './guest-host.ts';

/** A way to run machines that go on when the process that made them has ended. */
export interface WorkspaceDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  /** Finds out what works on this host. */
  probe(): Promise<DriverProbe>;
  /** @returns a name for a machine that is to be made */
  newId(): string;
  /**
   * Makes a machine: wakes it from the standby where there is one that fits and the disk is new, else boots it.
   * Whatever fails, nothing of the machine is left, but for the disk.
   */
  start(spec: StartSpec, context: DriverContext): Promise<StartedMachine>;
  /** @returns what runs; undefined when it has ended, or was never started */
  find(id: string): Promise<FoundMachine | undefined>;
  /**
   * Connects to a machine; one process at a time does.
   * @throws DewarError MACHINE_GONE, NO_ANSWER, SSH_FAILED …
   */
  attach(id: string, context: DriverContext): Promise<WorkspaceMachine>;
  /** Connects to a guest to run programs in it, as any number of processes may at a time. */
  connect(id: string, user: string, context: DriverContext): Promise<Transport>;
  /** Asks a guest to power off that does not answer otherwise, and waits until it has, at most so long. */
  pressPowerButton(id: string, deadlineMs: number, context: DriverContext): Promise<void>;
  /** Ends a machine, whatever state it is in, and removes all that it has; nothing happens where there is none. */
  end(id: string): Promise<void>;
  /** Removes what processes that died have left of machines that they were saving in a directory of `StartSpec.standbys`. */
  sweep(standbys: string): Promise<void>;
  /** Where the logs of a machine are, also of one that is gone; absolute. */
  logs(id: string): Promise<{ console: string; monitor: string }>;
}

export interface StartSpec {
  /** Of `newId`. */
  id: string;
  image: GuestImage;
  cpus: number;
  memoryMiB: number;
  /** Of a disk that is new; bytes. */
  diskSize: number;
  /** The root disk's own layer, absolute; made when it is absent. */
  overlay: string;
  /** File descriptors of locks, and of what else lasts as long as the machine: it holds them until it ends. */
  holds: readonly HeldDescriptor[];
  network: 'open' | 'off' | TapNetwork;
  hostname: string;
  /** Where machines that were saved right after they had booted are kept, absolute; undefined: none is used or made. */
  standbys: string | undefined;
  /** Called when the guest has booted and waits for its credentials: sshd starts after they came. */
  credentials(machine: WaitingMachine): Promise<void>;
}

/** A network that is there: a TAP, with addresses at both ends. */
export interface TapNetwork {
  /** Name of the TAP. */
  tap: string;
  mac: string;
  /** Of IPv4: the guest's, and this host's, which is also the guest's gateway and resolver. */
  guest: string;
  host: string;
  prefix: number;
}

/** What a program has open as long as it runs. */
export interface HeldDescriptor {
  readonly fd: number;
}

export interface WaitingMachine {
  /** @returns the device in the guest; undefined: it finds the disk by its serial number, which is the id */
  addDisk(disk: { id: string; path: string; format: 'raw'; readOnly: boolean }): Promise<string | undefined>;
  removeDevice(id: string): Promise<void>;
  /** Runs a program in the guest as root. */
  run(
    path: string,
    args: readonly string[],
    options?: { deadlineMs?: number },
  ): Promise<{ exitCode: number; stderr: string }>;
}

export interface FoundMachine {
  /** Of the VMM. */
  pid: number;
}

export interface StartedMachine {
  machine: WorkspaceMachine;
  how: 'booted' | 'thawed';
}

export interface WorkspaceMachine {
  readonly id: string;
  readonly pid: number;
  /** Runs programs in the guest as root. */
  readonly ssh: Transport;
  addShare(share: WorkspaceShare): Promise<void>;
  removeDevice(id: string): Promise<void>;
  /** Shares a directory where the driver or this host has no virtiofs; the guest has mounted it when this returns. */
  addSshShare(share: SshShare): Promise<void>;
  /** Starts a program of this host that serves the guest. It goes on without this process, and not without the machine. */
  addService(service: MachineService): Promise<void>;
  /** Ends what serves such a share, which the guest has unmounted. */
  removeSshShare(id: string): Promise<void>;
  /** False when what serves a share has ended: whoever in the guest asks for one of virtiofs waits for ever. */
  isShareServed(id: string): Promise<boolean>;
  status(): Promise<{ alive: true; state: string } | { alive: false; exitCode: number | undefined }>;
  /** Asks the guest to power off, and ends it when it has not done so in time. Removes the machine. */
  shutdown(deadlineMs: number): Promise<void>;
  kill(): Promise<void>;
  /** Leaves the machine to later processes. */
  letGo(): Promise<void>;
}

export interface MachineService {
  /** Letters, digits and `-`. */
  id: string;
  file: string;
  args: readonly string[];
  /** Asked again and again until it is true. */
  ready: () => Promise<boolean>;
}

/** A share without virtiofs: the guest's sshfs speaks SFTP, through an ssh of this host, to a server of this host. */
export interface SshShare extends WorkspaceShare {
  /** Absolute, in the guest; made if absent. */
  target: string;
}

/** A directory of this host that a guest mounts by its tag, `id`. */
export interface WorkspaceShare {
  id: string;
  /** Absolute, without symbolic links. */
  source: string;
  readOnly: boolean;
  /** Of the source, relative: the guest finds an empty directory there. They must exist. */
  hidden: readonly string[];
  /** Of the source, relative. They must exist. */
  readOnlyPaths: readonly string[];
}
