import { formatBytes } from '../core/format-bytes.ts';
import type { Skipped } from '../cache/cache-listing.ts';
import type { WarmResult } from '../cache/warm-caches.ts';

const REASONS: Readonly<Record<keyof Skipped, string>> = {
  excluded: 'locks, logs and half downloads',
  secrets: 'with secrets',
  links: 'links that lead out',
  special: 'devices, sockets and pipes',
  unreadable: 'that this user may not read',
  changed: 'that changed meanwhile',
};

/** @returns what `warm-cache` prints */
export function describeWarmCaches(results: readonly WarmResult[]): string {
  return results.map(describe).join('\n') || 'the plugin has no caches';
}

function describe(result: WarmResult): string {
  const {
    name,
    outcome,
    host,
    guest,
    files,
    bytes,
    left_out: leftOut,
    streamed_at: at,
    total_files: total,
  } = result;
  const from = result.variable === null ? host : `${host} (${result.variable})`;
  switch (outcome) {
    case 'absent':
      return `${name}: this host has none at ${from}`;
    case 'warm':
      return `${name}: warm since ${at ?? ''}, ${total.toLocaleString('en-US')} files at ${guest}; --force sends what it lacks`;
    default: {
      const verb = outcome === 'planned' ? 'would send' : 'sent';
      const size = `${files.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} files, ${formatBytes(bytes)}`;
      return `${name}: ${verb} ${size}, from ${from} to ${guest}${leftOutText(leftOut)}`;
    }
  }
}

function leftOutText(leftOut: Skipped | null): string {
  const parts = Object.entries(leftOut ?? {})
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count.toLocaleString('en-US')} ${REASONS[reason as keyof Skipped]}`);
  return parts.length === 0 ? '' : `; left out: ${parts.join(', ')}`;
}
