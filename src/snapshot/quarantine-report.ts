import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { STORE_NAMES } from '../core/names.ts';
import type { QuarantinedPlace } from './store-scan.ts';
import type { BaseHashesReport, Differences, TierReport } from './verify-report.ts';

/** `quarantine.json`: what is known of the wrong answer of a snapshot. */
export interface QuarantineReport {
  format: 1;
  /** One line for people. */
  summary: string;
  quarantined_at: string;
  tool_version: string;
  found_by: 'verify' | 'consume --verify-sample';
  fingerprint: string;
  base_sha: string;
  target_sha: string;
  driver: string;
  /** From the manifest of the snapshot. */
  recorded: { at: string; tool_version: string };
  tiers: readonly TierReport[];
  base_hashes: BaseHashesReport;
}

/** What every `quarantine.json` has; what else is in one is shown as it is. */
export interface KnownReport {
  summary: string;
  quarantined_at: string;
  [more: string]: unknown;
}
const Shape: z.ZodType<KnownReport> = z.looseObject({ summary: z.string(), quarantined_at: z.string() });

/** @returns undefined when whoever found the answer wrong died before it could say more, or the file cannot be read */
export async function readQuarantineReport(place: QuarantinedPlace): Promise<KnownReport | undefined> {
  try {
    const text = await readFile(join(place.directory, STORE_NAMES.quarantineReport), 'utf8');
    return Shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** @returns one line for people */
export function quarantineText(report: KnownReport | undefined): string {
  return report === undefined
    ? 'its answer was wrong; there is no report'
    : `${report.summary} (${report.quarantined_at})`;
}

/** @returns which answers differ, and how, in one line */
export function summarize(
  tiers: readonly TierReport[],
  baseHashes: BaseHashesReport,
  target: string,
): string {
  const parts = tiers.flatMap(({ tier, differences }) =>
    differences === undefined ? [] : [`${tier}: ${textOf(differences.set, differences.hashes)}`],
  );
  if (!baseHashes.agrees) parts.push(`base hashes: ${textOf(undefined, baseHashes.differences)}`);
  return `wrong for ${target}: ${parts.join('; ')}`;
}

function textOf(set: Differences | undefined, hashes: Differences | undefined): string {
  const parts: string[] = [];
  if (set !== undefined)
    parts.push(set.other ?? `${set.missing.total} targets missing, ${set.extra.total} too many`);
  if (hashes !== undefined) {
    const { missing, extra, changed, other } = hashes;
    parts.push(other ?? `${missing.total + extra.total + changed.total} hashes differ`);
  }
  return parts.join(', ');
}
