import { DewarError } from '../core/errors.ts';
import type { TapNetwork } from '../vmm/workspace-driver.ts';
import type { GuestCommands, GuestLimits } from './refresh-clone.ts';

/** Runs as root in the guest; what the card shall be is its input. The directory lies in memory. */
const SCRIPT = `mkdir -p /run/systemd/network && cat >/run/systemd/network/10-dewar.network || exit 1
networkctl reload 2>/dev/null || systemctl restart systemd-networkd`;

const DEADLINE_MS = 60_000;

/**
 * Gives a guest with systemd-networkd its address, gateway and resolver, until it is down.
 * @throws DewarError GUEST_UNFIT; what the agent throws
 */
export async function setAddress(
  agent: Pick<GuestCommands, 'run'>,
  network: Omit<TapNetwork, 'tap' | 'mac'>,
  { deadlineMs = DEADLINE_MS, signal }: GuestLimits,
): Promise<void> {
  const options = { deadlineMs, signal, input: describeCard(network) };
  const done = await agent.run('/bin/sh', ['-c', SCRIPT], options);
  if (done.exitCode === 0) return;
  throw new DewarError({
    code: 'GUEST_UNFIT',
    message: `the guest has not taken its address ${network.guest}: ${done.stderr.trim().slice(-500)}`,
    mend: 'use an image with systemd-networkd, such as systemd',
  });
}

/** @returns a file of systemd-networkd */
export function describeCard({ guest, host, prefix }: Omit<TapNetwork, 'tap' | 'mac'>): string {
  return `[Match]
Type=ether

[Network]
Address=${guest}/${prefix}
Gateway=${host}
DNS=${host}
Domains=~.
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
LLMNR=no
MulticastDNS=no

[Link]
RequiredForOnline=no
`;
}
