import { z } from 'zod';
import { DewarError } from '../core/errors.ts';
import { runCommand } from '../platform/run-command.ts';
import type { NetworkAccess } from './find-network-access.ts';
import { planPrivileged } from './plan-privileged.ts';
import type { SlotNetwork } from './plan-slot-network.ts';

/** What the rules of a machine's network have counted. */
export interface NetworkCounters {
  /** By address, protocol and port, the most first: connections, or packets that were refused. */
  targets: {
    address: string;
    protocol: string;
    port: number;
    verdict: 'allowed' | 'denied';
    count: number;
  }[];
  /** Packets that were dropped: with a forged source, of IPv6, beyond what one machine may have open, or unasked from outside. */
  dropped: { forged: number; ipv6: number; crowded: number; unasked: number };
  /** Addresses that are open now because a name led to them. */
  resolved: string[];
}

const Element = z.object({
  elem: z.object({
    val: z.union([
      z.string(),
      z.object({
        concat: z.tuple([z.string(), z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]),
      }),
    ]),
    counter: z.object({ packets: z.number() }).optional(),
  }),
});
const Table = z.object({
  nftables: z.array(
    z.object({
      set: z
        .object({ name: z.string(), elem: z.array(z.union([Element, z.unknown()])).optional() })
        .optional(),
      counter: z.object({ name: z.string(), packets: z.number() }).optional(),
    }),
  ),
});

/** @throws DewarError NETWORK_FAILED, INTERRUPTED */
export async function readCounters(
  network: SlotNetwork,
  { asRoot, root, env }: NetworkAccess,
  signal?: AbortSignal,
): Promise<NetworkCounters> {
  const [program = '', ...args] = [...asRoot, ...planPrivileged({ kind: 'show', network }, root)];
  const { exitCode, stdout, stderr } = await runCommand(program, args, { env, signal });
  if (exitCode !== 0)
    throw new DewarError({
      code: 'NETWORK_FAILED',
      message: `the rules of ${network.name} could not be read: ${stderr.trim()}`,
      mend: 'see whether the machine is up: dewar status',
    });
  return parseCounters(stdout.toString('utf8'));
}

/** @param json of `nft -j list table` */
export function parseCounters(json: string): NetworkCounters {
  const { nftables } = Table.parse(JSON.parse(json));
  const elements = (name: string): z.infer<typeof Element>['elem'][] =>
    (nftables.find(({ set }) => set?.name === name)?.set?.elem ?? []).flatMap((element) => {
      const parsed = Element.safeParse(element);
      return parsed.success ? [parsed.data.elem] : [];
    });
  const targets = (name: string, verdict: 'allowed' | 'denied'): NetworkCounters['targets'] =>
    elements(name).flatMap(({ val, counter }) => {
      if (typeof val === 'string') return [];
      const [address, protocol, port] = val.concat;
      return [
        { address, protocol: String(protocol), port: Number(port), verdict, count: counter?.packets ?? 0 },
      ];
    });
  const packets = (name: string): number =>
    nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0;
  return {
    targets: [...targets('refused', 'denied'), ...targets('accepted', 'allowed')].toSorted(
      (a, b) => b.count - a.count,
    ),
    dropped: {
      forged: packets('forged'),
      ipv6: packets('ipv6'),
      crowded: packets('crowded'),
      unasked: packets('unasked'),
    },
    resolved: elements('resolved').flatMap(({ val }) => (typeof val === 'string' ? [val] : [])),
  };
}
