import type { Differences, TierReport, VerifyReport } from './verify-report.ts';

/** @returns a report of `verify` for people */
export function verifyText(report: VerifyReport): string {
  const lines = report.tiers.flatMap((row) => [tierLine(row), ...differenceLines(row)]);
  const { base_hashes: base, quarantine } = report;
  if (base !== null) {
    lines.push(`base hashes of the snapshot: ${base.agrees ? 'equal' : 'DIFFERENT'}`);
    if (base.differences !== undefined) lines.push(...linesOf('base hashes', base.differences));
  }
  if (quarantine !== null)
    lines.push(
      quarantine.directory === null
        ? `the snapshot is not quarantined: ${quarantine.why ?? 'it is gone'}`
        : `the snapshot is quarantined in ${quarantine.directory}`,
    );
  lines.push(verdict(report));
  return lines.join('\n');
}

const OUTCOMES: Record<TierReport['outcome'], string> = {
  agrees: 'equal',
  disagrees: 'DIFFERENT',
  'not-applicable': 'not applicable',
  failed: 'FAILED',
  reference: 'what the others are compared with',
};

function tierLine({ tier, outcome, why, impacted, ms }: TierReport): string {
  const name = tier.padEnd(8);
  if (why !== undefined) return `${name}${OUTCOMES[outcome]}: ${why}`;
  return `${name}${OUTCOMES[outcome]}: ${impacted} impacted targets in ${(ms / 1000).toFixed(1)} s`;
}

function differenceLines({ differences }: TierReport): string[] {
  const { set, hashes } = differences ?? {};
  return [
    ...(set === undefined ? [] : linesOf('targets', set)),
    ...(hashes === undefined ? [] : linesOf('hashes', hashes)),
  ];
}

function linesOf(what: string, { missing, extra, changed, other }: Differences): string[] {
  const part = (word: string, { total, first }: { total: number; first: readonly string[] }): string[] => {
    if (total === 0) return [];
    const more = total > first.length ? [`    … and ${total - first.length} more`] : [];
    return [`  ${total} ${what} ${word}:`, ...first.map((label) => `    ${label}`), ...more];
  };
  const values = changed.first.map(({ label, cold, found }) => `${label}: ${found} instead of ${cold}`);
  return [
    ...part('missing', missing),
    ...part('too many', extra),
    ...part('with another value', { total: changed.total, first: values }),
    ...(other === undefined ? [] : [`  ${what}: ${other}`]),
  ];
}

function verdict({ agrees, tiers, snapshot }: VerifyReport): string {
  if (!agrees) return 'the answers differ';
  const equal = tiers.filter(({ outcome }) => outcome === 'agrees').length;
  if (equal === 0)
    return snapshot === null ? 'there was no snapshot to compare' : 'there was no answer to compare';
  return `the answers of ${equal + 1} tiers are equal`;
}
