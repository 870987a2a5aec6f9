/** What a driver finds on this host, for people. Each part throws a DewarError where it is not there, or does not work. */
export interface DriverExamination {
  /** Of the VMM. */
  program(): Promise<{ name: string; path: string; version: string }>;
  acceleration(signal: AbortSignal | undefined): Promise<Acceleration>;
  /** Whether guests can have a network without rights on this host. */
  hasUserNetwork(signal: AbortSignal | undefined): Promise<boolean>;
  /** The daemon that shares directories of this host. */
  shareDaemon(): Promise<{ path: string; kind: string }>;
}

export type Acceleration = {
  /** The VMM's name of it. */
  name: string;
  /** The VMM runs without the rights that it does not need. */
  sandbox: boolean;
} & ({ emulated: false } | { emulated: true; why: string });
