import { overlaps, parseRange } from '../core/ipv4-range.ts';
import type { NetworkPolicy } from './policy.ts';
import { NEVER, PRIVATE } from './special-ranges.ts';

export interface TargetVerdict {
  allowed: boolean;
  why: string;
}

/**
 * @param host a name, in the letters of DNS, or an address of IPv4
 * @returns what a policy says of a TCP connection, as far as it can be said without asking for the name
 */
export function explainTarget(policy: NetworkPolicy, host: string, port: number): TargetVerdict {
  const address = parseRange(host);
  if (address !== undefined) return explainAddress(policy, host, port);
  if (policy.mode === 'open')
    return { allowed: true, why: 'all names are, unless they lead to a private address' };
  const domain = policy.domains.find((name) => host === name || host.endsWith(`.${name}`));
  if (domain === undefined) return { allowed: false, why: `${host} is below none of the domains` };
  if (!policy.ports.includes(port)) return { allowed: false, why: portIsNot(port, policy) };
  return { allowed: true, why: `it is below ${domain}` };
}

function explainAddress(policy: NetworkPolicy, host: string, port: number): TargetVerdict {
  const within = (ranges: readonly string[]): string | undefined =>
    ranges.find((range) => {
      const [one, other] = [parseRange(range), parseRange(host)];
      return one !== undefined && other !== undefined && overlaps(one, other);
    });
  const never = within(NEVER);
  if (never !== undefined) return { allowed: false, why: `nothing in ${never} is ever reached` };
  const listed = within(policy.ranges);
  if (listed !== undefined && policy.mode === 'filtered' && !policy.ports.includes(port))
    return { allowed: false, why: portIsNot(port, policy) };
  if (listed !== undefined) return { allowed: true, why: `it is in ${listed}, which is listed` };
  const hidden = within(PRIVATE);
  if (hidden !== undefined)
    return { allowed: false, why: `${hidden} is private, and in none of network.ranges` };
  if (policy.mode === 'open') return { allowed: true, why: 'all that is not private is' };
  return { allowed: false, why: 'addresses are reached only when a name below the domains has led to them' };
}

function portIsNot(port: number, { ports }: NetworkPolicy): string {
  return `port ${port} is none of ${ports.join(', ')}`;
}
