import type { Transport } from '../../platform/ssh.ts';
import type { GuestAgent } from './protocol/guest-agent.ts';
import type { MachineService, SshShare } from '../workspace-driver.ts';
import type { Hardware } from './hardware.ts';
import type { PluggedShare } from './shares/plan-share.ts';
import type { FrozenMachine } from './freeze/frozen-machine.ts';

/**
 * A guest that runs in a VMM, owned by this process. Every call throws a DewarError that says why when the machine has ended
 * (GUEST_PANIC, NO_SPACE, MACHINE_ENDED) or does not answer (NO_ANSWER, GUEST_SILENT).
 */
export interface VirtualMachine {
  /** Unique on this host. */
  readonly id: string;
  /** Of the VMM. */
  readonly pid: number;
  /** Absolute; gone when the machine is. */
  readonly directory: string;
  /** What the guest, the VMM and both their protocols said. Absolute. */
  readonly logs: { console: string; output: string; protocol: string };
  readonly hardware: Hardware;
  /** Runs programs in the guest as root. */
  readonly ssh: Transport;
  readonly agent: GuestAgent;
  /** Stops the CPUs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Makes the machine, as it is at this moment, the files of a snapshot in `directory`, and ends it. One that was made
   * without `freezable` cannot be frozen.
   * @throws DewarError CANNOT_FREEZE, NO_SPACE, FREEZE_FAILED
   */
  freeze(directory: string): Promise<FrozenMachine>;
  /**
   * Plugs in a disk while the guest runs, where the machine has slots for that.
   * @returns when the VMM has it: the device in the guest, or undefined: it finds the disk by its serial number a moment later
   * @throws DewarError CANNOT_PLUG, COMMAND_REFUSED
   */
  addDisk(disk: PluggedDisk): Promise<string | undefined>;
  /**
   * Shares a directory of this host while the guest runs, where the machine has slots for that: the guest mounts it by its tag, `share.id`.
   * @throws DewarError CANNOT_PLUG, VIRTIOFSD_MISSING, SHARE_FAILED, COMMAND_REFUSED
   */
  addShare(share: PluggedShare): Promise<void>;
  /**
   * Takes away a disk or a share that was plugged in, once the guest has let go of it.
   * @throws DewarError CANNOT_PLUG, NO_ANSWER (the guest keeps it), COMMAND_REFUSED
   */
  removeDevice(id: string): Promise<void>;
  /**
   * Shares a directory of this host by SFTP over ssh, and has the guest, which needs sshfs, mount it.
   * @throws DewarError SFTP_SERVER_MISSING, SHARE_FAILED, SSH_FAILED
   */
  addSshShare(share: SshShare): Promise<void>;
  /**
   * Starts a program that serves the guest, and is ended with the machine.
   * @throws DewarError SHARE_FAILED, COMMAND_NOT_FOUND, INTERRUPTED
   */
  addService(service: MachineService): Promise<void>;
  /** Ends what serves such a share, which the guest has unmounted. */
  removeSshShare(id: string): Promise<void>;
  /** False when what serves a share has ended: whoever in the guest asks for one of virtiofs waits for ever. */
  isShareServed(id: string): Promise<boolean>;
  status(): Promise<MachineStatus>;
  /** Asks the guest to power off; ends the VMM, ever less politely, when it has not done so in time. Removes the machine. */
  shutdown(deadlineMs: number): Promise<void>;
  /** Ends and removes the machine, whatever state it is in. */
  kill(): Promise<void>;
  /** Leaves a machine that `outlives` this process to later ones (`attachMachine`). */
  letGo(): Promise<void>;
}

export interface PluggedDisk {
  /** Letters, digits, `-` and `_`; also the serial number that the guest sees, where the VMM gives disks one (`/dev/disk/by-id/virtio-<id>`). */
  id: string;
  /** Absolute. */
  path: string;
  format: 'raw' | 'qcow2';
  readOnly: boolean;
}

export type MachineStatus =
  /** The run state in the VMM's words: `running`, `paused` …. */
  | { alive: true; state: string }
  /** The exit code is undefined where another process has started it. */
  | { alive: false; exitCode: number | undefined };
