import type { DriverContext } from './driver.ts';
import type { TapNetwork } from './workspace-driver.ts';

/**
 * Makes a network for one machine, with its policy in force: `off` lets nothing out.
 * @throws DewarError TAP_UNAVAILABLE; NO_SLOT, NETWORK_CLASH, NETWORK_FAILED, INTERRUPTED
 */
export type OpenTap = (reach: 'open' | 'off', context: DriverContext) => Promise<HeldTap>;

/** A network that goes when this process disposes of it, or ends. The machine is to end first. */
export interface HeldTap extends AsyncDisposable {
  readonly network: TapNetwork;
}
