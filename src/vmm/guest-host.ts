import type { CommandResult, RunOptions } from '../platform/run-command.ts';
import type { DriverContext } from './driver.ts';

/** Single machines to look at, for measurements and the demo; commands that answer use a `VmmDriver`. */
export interface GuestHost {
  /** Version of the program that runs them. */
  readonly program: string;
  readonly accelerator: 'kvm' | 'tcg';
  /** Why KVM is not used; undefined when it is. */
  readonly whyNoKvm: string | undefined;
  /** Boots a machine with one CPU that reaches no network. */
  boot(spec: GuestSpec, context: DriverContext): Promise<Guest>;
  /** Brings back the machine that was frozen into `bundle`, as `consume` does; any number at once. */
  restore(bundle: string, image: GuestImage, context: DriverContext): Promise<Guest>;
}

export interface GuestSpec {
  image: GuestImage;
  memoryMiB: number;
  /** Whether it can be frozen. */
  freezable: boolean;
}

/** Absolute paths, and what a snapshot remembers of them. */
export interface GuestImage {
  id: string;
  kernel: string;
  initrd: string;
  rootfs: string;
}

export interface Guest {
  /** Of the program that runs it. */
  readonly pid: number;
  readonly moments: GuestMoments;
  /** Runs a program in the guest as root; a non-zero exit is a result. */
  run(command: readonly string[], options?: Omit<RunOptions, 'cwd' | 'env'>): Promise<CommandResult>;
  /** Makes the machine files of a snapshot in `directory`, and ends it. */
  freeze(directory: string): Promise<void>;
  /** Ends and removes the machine, whatever state it is in. */
  kill(): Promise<void>;
}

/** When a machine got how far, by `performance.now()`. */
export interface GuestMoments {
  /** It was asked for. */
  asked: number;
  /** Its program was started; before, files were checked. */
  started: number;
  /** Its state was loaded; undefined for one that boots. */
  loaded: number | undefined;
  /** It could be reached by ssh. */
  connected: number;
  /** It had a clock, random numbers and names of its own, and was handed out. */
  ready: number;
}
