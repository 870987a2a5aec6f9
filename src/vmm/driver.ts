import type { Emit } from '../core/events.ts';
import type { CommandHost } from '../platform/command-host.ts';
import type { FileDigest } from '../platform/durable-files.ts';
import type { Repository } from '../platform/git-repository.ts';

/** A way to get a machine in which a workspace can be checked out and its build tool be run. */
export interface VmmDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  /** Where programs run in its machines; absent when that is this host. */
  place?(context: DriverContext): Promise<MachinePlace>;
  /** Finds out what works on this host. */
  probe(): Promise<DriverProbe>;
  /**
   * Makes a fresh machine. With `spec.snapshot` it can be frozen as that snapshot; without, it is gone after `shutdown`.
   * Waits, and says so, while another process has the same snapshot's machine.
   */
  create(spec: MachineSpec, context: DriverContext): Promise<Machine>;
  /** Brings back the machine that was frozen as `spec.snapshot`. */
  restore(spec: MachineSpec & { snapshot: SnapshotRef }, context: DriverContext): Promise<Machine>;
  /**
   * Whether the machine of a snapshot is kept on this host in such a way that a restore which turns out to be for nothing
   * costs next to nothing. Absent: none is.
   */
  keeps?(spec: MachineSpec & { snapshot: SnapshotRef }): Promise<boolean>;
  /** Ends and deletes what the driver keeps on this host for a snapshot. */
  forget(snapshot: SnapshotRef, context: DriverContext): Promise<void>;
  /** Removes what dead processes left behind for this workspace, and what belongs to snapshots that are gone. */
  sweep(spec: MachineSpec, context: DriverContext): Promise<void>;
}

/** What a program finds in a fresh machine. */
export interface MachinePlace {
  /** sha256 of all that is in it, hex. */
  digest: string;
  /** For people. */
  summary: string;
  /** The whole environment of a program. */
  env: Readonly<Record<string, string>>;
}

export interface DriverCapabilities {
  /** A frozen machine can be brought back with the memory it had, on any compatible host. */
  snapshot: boolean;
  /** A restore does not read all the memory first. */
  lazyRestore: boolean;
  hotplugDisk: boolean;
  hotplugShare: boolean;
  /** `tap`: each machine needs one; `user`: one without rights will do, a TAP is taken where it can be had; `host`: this host's. */
  network: 'tap' | 'user' | 'host';
  rootless: boolean;
  /** CPUs that a machine may have; absent: as many as any host has. */
  mostCpus?: number;
}

export type DriverProbe =
  /** `emulated`: why its guests run without KVM; absent where they do not. */
  { works: true; emulated?: string } | { works: false; why: string; mend: string };

/** A snapshot's identity, and the directory of its bundle. */
export interface SnapshotRef {
  fingerprint: string;
  base: string;
  /** Absolute. */
  directory: string;
}

export interface MachineSpec {
  repository: Repository;
  snapshot?: SnapshotRef;
}

export interface DriverContext {
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/** One machine, held by this process until `shutdown`, `freeze`, `abandon` or `kill`. */
export interface Machine {
  readonly id: string;
  /** Runs programs in the machine; undefined: it is this host. */
  readonly commands?: CommandHost | undefined;
  /** The workspace in the machine. */
  readonly workspacePath: string;
  /** The same files on this host. */
  readonly contentPath: string;
  /**
   * Finds the paths that are no longer as they were checked out in the machine, new and ignored ones too; relative to
   * `workspacePath`. Absent where that is a work tree of this host.
   */
  readonly changedPaths?: ((context: DriverContext) => Promise<readonly string[]>) | undefined;
  /** A file of this host that lives as long as those. */
  readonly contentCache: string;
  /** Where the build tool keeps its server. */
  readonly serverRoot: string;
  /** An empty directory for this run's files. */
  readonly scratch: string;
  /** For how long the build tool's server should stay without work. */
  readonly serverIdleSeconds: number;
  /** True when the build tool's server was found running. */
  readonly warm: boolean;
  /**
   * Makes the work tree hold exactly the files of a commit.
   * @param onUnderWay may be called once there is nothing to do but to wait for a program
   */
  checkOut(commit: string, context: DriverContext, onUnderWay?: () => void): Promise<void>;
  /**
   * Makes the machine, as it is now, files of a bundle in `directory`, and ends it; absent where the driver cannot.
   * @returns what a manifest says of them
   */
  save?(directory: string, context: DriverContext): Promise<SavedMachine>;
  /** Keeps the machine as it is now for later restores of its snapshot, and lets go of it. */
  freeze(): Promise<void>;
  /** Lets go of the machine; one that belongs to no snapshot is removed. */
  shutdown(): Promise<void>;
  /** Lets go of a machine that was interrupted: it is kept, but its next user starts a new server in it. */
  abandon(): Promise<void>;
  /** Removes the machine, whatever state it is in. */
  kill(): Promise<void>;
}

export interface SavedMachine {
  /** By name. */
  files: Readonly<Record<string, FileDigest>>;
  /** What its memory needs of a host. */
  hostCompatibility: Record<string, unknown>;
  guestAbi: number;
}

/** The build tool's server, as far as a driver deals with it. */
export interface ServerControl {
  serverAlive(serverRoot: string): Promise<boolean>;
  stopServer(serverRoot: string): Promise<void>;
}
