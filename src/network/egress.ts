import { Resolver } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { explainTarget } from './explain-target.ts';
import { judgeAddress } from './judge-address.ts';
import type { AskedName } from './parse-query-log.ts';
import type { NetworkPolicy } from './policy.ts';

/** Who decides for a proxy, by the same policy that a TAP has; and counts. */
export interface Egress {
  decide(host: string, port: number): Promise<{ address: string } | { why: string }>;
  /** The most asked first; the number of names is bounded. */
  names(): AskedName[];
}

export interface EgressOptions {
  /** Read for each connection: it may change. */
  policy: () => Promise<NetworkPolicy>;
  /** Absolute: where this host's DNS servers are named. */
  resolvFile: string;
}

const MOST_NAMES = 4096;

export function egress({ policy, resolvFile }: EgressOptions): Egress {
  const counts = new Map<string, AskedName>();
  const resolve = resolverOf(resolvFile);
  const count = (name: string, verdict: AskedName['verdict']): void => {
    const there = counts.get(name);
    if (there === undefined && counts.size >= MOST_NAMES) return;
    counts.set(name, { name, verdict, count: (there?.count ?? 0) + 1 });
  };
  return {
    async decide(host, port) {
      const rules = await policy();
      const verdict = explainTarget(rules, host, port);
      if (!verdict.allowed) {
        count(host, 'denied');
        return { why: `${host}:${port} is denied: ${verdict.why}` };
      }
      const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
      const addresses = /^[\d.]+$/.test(host) ? [host] : await resolve(host);
      const reasons = addresses.map((address) => judgeAddress(address, rules.ranges, own));
      const address = addresses.find((_, index) => reasons[index] === undefined);
      if (address !== undefined) {
        count(host, 'allowed');
        return { address };
      }
      const [why] = reasons;
      count(host, why === undefined ? 'allowed' : 'private');
      return { why: why === undefined ? `${host} has no address` : `${host} is denied: ${why}` };
    },
    names: () => [...counts.values()].toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
  };
}

/** @returns addresses of IPv4, from the servers that this host has now; none where there is no such name */
function resolverOf(file: string): (host: string) => Promise<string[]> {
  let known = 0;
  const resolver = new Resolver({ timeout: 5000, tries: 2 });
  return async (host) => {
    const { mtimeMs } = await stat(file);
    if (mtimeMs !== known) {
      const text = await readFile(file, 'utf8');
      const servers = [...text.matchAll(/^\s*nameserver\s+([0-9a-fA-F.:]+)\s*$/gm)].map(
        (match) => match[1] ?? '',
      );
      if (servers.length > 0) resolver.setServers(servers);
      known = mtimeMs;
    }
    return await resolver.resolve4(host).catch(() => []);
  };
}
