import { z } from 'zod';
import { DewarError } from '../core/errors.ts';
import { runCommand } from '../platform/run-command.ts';
import { overlaps, parseRange } from '../core/ipv4-range.ts';
import type { NetworkAccess } from './find-network-access.ts';
import type { HostNetwork } from './plan-slot-network.ts';
import { TAP_PATTERN } from './plan-slot-network.ts';

export interface HostNetworks {
  taken: HostNetwork[];
  /** Devices that lead out, and to the ranges. */
  uplinks: string[];
}

const Routes = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));
const Addresses = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.int() })),
  }),
);

/**
 * Looks at addresses and routes of this host.
 * @param ranges that guests shall reach beside the internet
 * @throws DewarError NETWORK_FAILED, INTERRUPTED
 */
export async function readHostNetworks(
  access: NetworkAccess,
  ranges: readonly string[],
  signal?: AbortSignal,
): Promise<HostNetworks> {
  const routes = Routes.parse(await ip(access, ['route'], signal));
  const addresses = Addresses.parse(await ip(access, ['address'], signal));
  const taken = [
    ...routes.map(({ dst, dev = '' }) => ({ range: dst, device: dev })),
    ...addresses.flatMap(({ ifname, addr_info }) =>
      addr_info.map(({ local = '', prefixlen }) => ({ range: `${local}/${prefixlen}`, device: ifname })),
    ),
  ];
  const wanted = ranges.flatMap((range) => parseRange(range) ?? []);
  const isWanted = (route: string): boolean => {
    const range = parseRange(route);
    return range === undefined ? route === 'default' : wanted.some((other) => overlaps(range, other));
  };
  const uplinks = routes.flatMap(({ dst, dev }) => (dev !== undefined && isWanted(dst) ? [dev] : []));
  return { taken, uplinks: [...new Set(uplinks)].filter((device) => !TAP_PATTERN.test(device)) };
}

async function ip(
  { asRoot, env }: NetworkAccess,
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const [program = '', ...args] = [...asRoot, 'ip', '-j', '-4', ...words];
  const { exitCode, stdout, stderr } = await runCommand(program, args, { env, signal });
  if (exitCode !== 0)
    throw new DewarError({
      code: 'NETWORK_FAILED',
      message: `ip ${words.join(' ')} failed: ${stderr.trim()}`,
      mend: 'install a newer iproute2',
    });
  return JSON.parse(stdout.toString('utf8') || '[]');
}
