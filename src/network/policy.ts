/** What a machine may reach. */
export interface NetworkPolicy {
  /** `filtered`: names under the domains, and the addresses that they have. `open`: all but this host and private ranges. */
  mode: 'open' | 'filtered';
  /** With all names below them; in the letters of DNS. */
  domains: readonly string[];
  /** TCP; of the mode `filtered`. */
  ports: readonly number[];
  /** Ranges of IPv4 that are reached without a name, also private ones: at the ports in the mode `filtered`. */
  ranges: readonly string[];
}
