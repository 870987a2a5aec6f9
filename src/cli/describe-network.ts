import type { NetworkCounters } from '../network/read-counters.ts';
import type { NetworkLog, NetworkStatus } from '../workspace/network/network-report.ts';

const MOST_ROWS = 50;

/** @returns what `network status` prints */
export function describeNetworkStatus(name: string, status: NetworkStatus): string {
  const { mode, by, tap, guest, domains, ports, ranges, names, refused, dropped, open } = status;
  const lines = [
    `${name}: ${mode}, ${by === 'tap' ? `${tap ?? ''}, ${guest ?? ''}` : HOW[by]}`,
    ...(mode === 'filtered' ? [`domains: ${domains.join(' ') || 'none'}`, `ports: ${ports.join(' ')}`] : []),
    ...(ranges.length === 0 ? [] : [`ranges: ${ranges.join(' ')}`]),
  ];
  if (names === undefined) return lines.join('\n');
  lines.push(`names: ${names.allowed} allowed, ${names.denied} denied`);
  if (dropped === undefined) return lines.join('\n');
  const { forged, ipv6, crowded, unasked } = dropped;
  return [
    ...lines,
    `addresses: ${mode === 'filtered' ? `${open?.length ?? 0} open now, ` : ''}${refused ?? 0} packets refused`,
    `dropped packets: ${forged} forged, ${ipv6} of IPv6, ${unasked} unasked from outside, ${crowded} beyond the limit`,
    ...(names.denied + (refused ?? 0) > 0 ? ['what was denied: dewar network log --denied'] : []),
  ].join('\n');
}

const HOW = { proxy: 'by a proxy of this host', vmm: "the VMM's own network" };

/** @returns what `network log` prints */
export async function describeNetworkLog(
  machine: string,
  { names, addresses }: { names: NetworkLog['names']; addresses: NetworkCounters['targets'] },
): Promise<string> {
  const rows = [
    ...names.map(({ name, verdict, count }) => ({ what: name, verdict, count })),
    ...addresses.map(({ address, protocol, port, verdict, count }) => ({
      what: `${address} ${protocol}${port === 0 ? '' : ` ${port}`}`,
      verdict,
      count,
    })),
  ];
  if (rows.length === 0) return `${machine}: nothing`;
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['name or address', 'verdict', 'count'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.slice(0, MOST_ROWS).map(({ what, verdict, count }) => [what, verdict, String(count)]));
  const more = rows.length - MOST_ROWS;
  return `${table.toString()}${more > 0 ? `\n${more} more: dewar network log --json` : ''}`;
}
