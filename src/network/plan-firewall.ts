import { DNS_PORT } from './plan-dns.ts';
import type { SlotNetwork } from './plan-slot-network.ts';
import type { NetworkPolicy } from './policy.ts';
import { NEVER, PRIVATE } from './special-ranges.ts';

export interface Timeouts {
  /** Seconds for which an address is open after its name was resolved. */
  resolved: number;
  /** And after the last connection to it, when that has passed: a name may be resolved just before, and used just after. */
  used: number;
}

export const TIMEOUTS: Timeouts = { resolved: 900, used: 300 };

/** Connections of one machine at a time: they take memory of this host. */
const MOST_CONNECTIONS = 8192;

/**
 * The table of one machine. Hooks of nftables are the whole host's, so each chain of a hook looks at this TAP alone; what
 * comes from it, or goes to it, ends in a chain whose end is a refusal. IPv6 and forged addresses are dropped before all else.
 * @returns for `nft -f`; whole or not at all
 */
export function planFirewall(
  { name, host, guest }: Pick<SlotNetwork, 'name' | 'host' | 'guest'>,
  { mode, ports, ranges }: NetworkPolicy,
  timeouts: Timeouts = TIMEOUTS,
): string {
  return `table inet ${name} {
  # filled by the machine's DNS
  set resolved { type ipv4_addr; flags timeout; timeout ${timeouts.resolved}s; size 16384; }
  set used { type ipv4_addr; flags dynamic,timeout; timeout ${timeouts.used}s; size 16384; }
  set ports { type inet_service; flags interval; auto-merge; ${elements(ports.map(String))} }
  set listed { type ipv4_addr; flags interval; auto-merge; ${elements(ranges)} }
  set never { type ipv4_addr; flags interval; auto-merge; ${elements(NEVER)} }
  set private { type ipv4_addr; flags interval; auto-merge; ${elements(PRIVATE)} }
  # address, protocol, port: how often
  set accepted { type ipv4_addr . inet_proto . inet_service; flags dynamic,timeout; timeout 1d; size 4096; counter; }
  set refused { type ipv4_addr . inet_proto . inet_service; flags dynamic,timeout; timeout 1d; size 4096; counter; }
  counter forged { }
  counter ipv6 { }
  counter crowded { }
  counter unasked { }

  chain early {
    type filter hook prerouting priority raw; policy accept;
    iifname != "${name}" accept
    meta nfproto ipv6 counter name ipv6 drop
    ip saddr != ${guest} counter name forged drop
  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname "${name}" goto to-host
    # the resolver is the guest's
    iifname != "lo" ip daddr ${host} drop
  }
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    oifname "${name}" goto to-guest
    iifname "${name}" goto from-guest
  }
  chain output {
    type filter hook output priority filter - 5; policy accept;
    oifname "${name}" meta nfproto ipv6 drop
  }
  chain to-host {
    ct state established,related accept
    ip daddr ${host} udp dport ${DNS_PORT} accept
    ip daddr ${host} tcp dport ${DNS_PORT} accept
    goto refuse
  }
  chain to-guest {
    ct state established,related accept
    counter name unasked drop
  }
  chain from-guest {
    ct state established,related accept
    ct state invalid drop
    ct count over ${MOST_CONNECTIONS} counter name crowded drop
    ip daddr @never goto refuse
    ip daddr @listed goto ${mode === 'open' ? 'permit' : 'ports-only'}
    ip daddr @private goto refuse
${mode === 'open' ? OPEN : FILTERED}
    goto refuse
  }
  chain ports-only {
    tcp dport @ports goto permit
    goto refuse
  }
  chain permit {
    meta l4proto { tcp, udp } update @accepted { ip daddr . meta l4proto . th dport }
    accept
  }
  chain refuse {
    meta l4proto { tcp, udp } update @refused { ip daddr . meta l4proto . th dport }
    meta l4proto != { tcp, udp } update @refused { ip daddr . meta l4proto . 0 }
    # at once, so that nobody waits
    meta l4proto tcp reject with tcp reset
    reject with icmp type admin-prohibited
  }
  chain dns {
    # before rules of others, such as for ports that a container has
    type nat hook prerouting priority dstnat - 5; policy accept;
    iifname "${name}" ip daddr ${host} meta l4proto { tcp, udp } th dport 53 redirect to :${DNS_PORT}
  }
  chain nat {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${guest} oifname != "${name}" masquerade
  }
}
`;
}

/** An address may lose its name while somebody uses it: that renews what it was used, not what it was resolved. */
const FILTERED = `    ip daddr @resolved update @used { ip daddr }
    ip daddr @resolved goto ports-only
    ip daddr @used goto ports-only`;

const OPEN = `    goto permit`;

function elements(words: readonly string[]): string {
  return words.length === 0 ? '' : `elements = { ${words.join(', ')} };`;
}
