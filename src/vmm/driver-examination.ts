import type { DriverCapabilities } from './driver.ts';

/** What a driver finds on this host, for people. Each part throws a DewarError where it is not there, or does not work. */
export interface VmmExamination {
  program(): Promise<VmmProgram>;
  /** Runs something in a guest. */
  acceleration(signal: AbortSignal | undefined): Promise<Acceleration>;
  /** What confines the VMM beside its own sandbox; undefined where this user cannot have that. Absent for VMMs that have none. */
  jail?(): Promise<VmmJail | undefined>;
}

/** Absolute path and version of the program that makes it, or why there is none. */
export type VmmJail = { path: string; version: string } | { why: string; mend: string };

/** A driver, and what it finds on this host. */
export interface ExaminedDriver {
  name: string;
  examination: VmmExamination;
  /** Of its workspaces' machines, and of those of snapshots. */
  capabilities: { workspaces: DriverCapabilities; snapshots: DriverCapabilities };
}

/** The same of the driver whose machines need nothing but its program. */
export interface DriverExamination extends VmmExamination {
  /** Whether guests can have a network without rights on this host. */
  hasUserNetwork(signal: AbortSignal | undefined): Promise<boolean>;
  /** The daemon that shares directories of this host. */
  shareDaemon(): Promise<{ path: string; kind: string }>;
}

export interface VmmProgram {
  /** Of the VMM, for people. */
  name: string;
  /** Absolute. */
  path: string;
  version: string;
  /** The versions that the driver was written for, for people. */
  writtenFor: string;
  /** False for another version than those: it may work. */
  isTried: boolean;
}

export type Acceleration = {
  /** The VMM's name of it. */
  name: string;
  /** The VMM runs without the rights that it does not need. */
  sandbox: boolean;
} & ({ emulated: false } | { emulated: true; why: string });
