import { DewarError } from '../core/errors.ts';
import type { TapNetwork } from '../vmm/workspace-driver.ts';
import type { GuestCommands, GuestLimits } from './refresh-clone.ts';

/**
 * Runs as root in the guest with address/prefix and gateway; what the card shall be for systemd-networkd is its input. The
 * directory lies in memory. A guest without it has one card.
 */
const SCRIPT = `if [ -d /run/systemd/system ]; then
  mkdir -p /run/systemd/network && cat >/run/systemd/network/10-dewar.network || exit 1
  networkctl reload 2>/dev/null || systemctl restart systemd-networkd
  exit
fi
for path in /sys/class/net/*; do [ ! -e "$path/device" ] || card=\${path##*/}; done
[ -n "$card" ] || { echo 'the guest has no network card' >&2; exit 1; }
ip link set "$card" up && ip -4 address flush dev "$card" && ip address add "$1" dev "$card" || exit 1
ip neighbour flush dev "$card"
ip route replace default via "$2" dev "$card" && echo "nameserver $2" >/etc/resolv.conf`;

const DEADLINE_MS = 60_000;

/**
 * Gives a guest its address, gateway and resolver, until it is down.
 * @throws DewarError GUEST_UNFIT; what the agent throws
 */
export async function setAddress(
  agent: Pick<GuestCommands, 'run'>,
  network: Omit<TapNetwork, 'tap' | 'mac'>,
  { deadlineMs = DEADLINE_MS, signal }: GuestLimits,
): Promise<void> {
  const options = { deadlineMs, signal, input: describeCard(network) };
  const { guest, prefix, host } = network;
  const done = await agent.run('/bin/sh', ['-c', SCRIPT, 'sh', `${guest}/${prefix}`, host], options);
  if (done.exitCode === 0) return;
  throw new DewarError({
    code: 'GUEST_UNFIT',
    message: `the guest has not taken its address ${network.guest}: ${done.stderr.trim().slice(-500)}`,
    mend: 'use an image with iproute2, or with systemd-networkd: every profile has one',
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
