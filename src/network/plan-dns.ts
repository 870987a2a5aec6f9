import type { SlotNetwork } from './plan-slot-network.ts';
import type { NetworkPolicy } from './policy.ts';

export interface DnsInput {
  network: Pick<SlotNetwork, 'name' | 'host'>;
  policy: Pick<NetworkPolicy, 'mode' | 'ranges'>;
  /** Absolute; of the machine's network. */
  directory: string;
}

/** Of the resolver; what a guest sends to the standard port comes here. */
export const DNS_PORT = 10_053;
/** Seconds for which a guest may keep an answer: less than its addresses are open. */
const LONGEST_ANSWER = 60;

/**
 * The resolver of one machine. In the mode `filtered` it asks others only for names under the domains: any other name has no
 * answer but that it does not exist, which comes from here, at once, so that not even the question leaves. Each address
 * in an answer goes into the machine's set of nftables. Nothing is kept: what is answered was heard, and is open, now.
 * @returns the config of dnsmasq, which reads again at SIGHUP whom it asks for which names
 */
export function planDns({ network, policy: { mode, ranges }, directory }: DnsInput): string {
  return lines([
    // Somebody else may serve the standard port on all addresses of this host.
    `port=${DNS_PORT}`,
    `listen-address=${network.host}`,
    'bind-interfaces',
    `pid-file=${directory}/dnsmasq.pid`,
    'no-resolv',
    `servers-file=${directory}/names`,
    'no-hosts',
    'filter-AAAA',
    // Private addresses that are listed are let through, and the others stopped by the firewall.
    ...(ranges.length === 0 ? ['stop-dns-rebind'] : []),
    'cache-size=0',
    `max-ttl=${LONGEST_ANSWER}`,
    'dns-forward-max=1024',
    'log-queries',
    'log-facility=-',
    ...(mode === 'filtered' ? ['address=/#/', `nftset=/#/4#inet#${network.name}#resolved`] : []),
  ]);
}

/** @returns a file of the domains that are asked for elsewhere */
export function planDomains({ domains }: Pick<NetworkPolicy, 'domains'>): string {
  return lines(domains);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
