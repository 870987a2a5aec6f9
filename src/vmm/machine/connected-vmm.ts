import type { BackgroundProcess } from '../../platform/background-process.ts';
import type { HotPlug, HotPlugOptions } from './hot-plug.ts';
import type { CallOptions } from './protocol/command-channel.ts';
import type { GuestAgent } from './protocol/guest-agent.ts';

/** A VMM process that answers: what the machine it runs needs of it. */
export interface ConnectedVmm {
  readonly process: BackgroundProcess;
  readonly agent: GuestAgent;
  /** Stops the CPUs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** @returns the run state in the VMM's words */
  state(): Promise<string>;
  /** Asks the guest to end in such a way that the VMM ends too. Returns when it was asked. */
  powerOff(options: CallOptions): Promise<void>;
  /** Asks the VMM to end now. */
  quit(options: CallOptions): Promise<void>;
  /** @returns what plugs devices into its machine while that runs; it may refuse all with CANNOT_PLUG */
  plug(options: HotPlugOptions): HotPlug;
  /** @returns why the machine has ended, where the error is only that a connection was lost */
  explain: (error: unknown) => Promise<unknown>;
  /** Ends the connections; the VMM waits for the next ones. */
  disconnect(): void;
}
