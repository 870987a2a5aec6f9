import { join } from 'node:path';
import { digestFile } from '../platform/durable-files.ts';
import { answerCold } from './answer-cold.ts';
import { STORE_NAMES } from '../core/names.ts';
import type { ChosenBundle, Consumption } from './consumption.ts';
import { Phases } from './phases.ts';
import type { ConsumeReport } from './report.ts';
import { compareHashes } from './verify-compare.ts';
import type { KeptAnswer } from './verify-compare.ts';
import type { BaseHashesReport, TierReport } from './verify-report.ts';

/** The answer with which others are compared: nothing that was recorded went into it. */
export interface ColdReference {
  files: KeptAnswer;
  /** Hashes of the base commit. */
  baseHashes: string;
  report: ConsumeReport;
  /** As a row of a report. */
  row: TierReport;
}

/** @throws DewarError as the cold tier does */
export async function makeColdReference(
  consumption: Consumption,
  base: string,
  directory: string,
): Promise<ColdReference> {
  const files = keptAnswer(directory, 'cold');
  const baseHashes = join(directory, 'cold-base-hashes.json');
  const start = performance.now();
  const report = await answerCold(
    answeringTo(consumption, files),
    { reason: 'not-asked-for', base },
    { baseHashes },
  );
  const row = await rowOf(report, 'cold', 'reference', files, start);
  return { files, baseHashes, report, row };
}

/** @returns the same question, with an answer that goes elsewhere and phases of its own */
export function answeringTo(consumption: Consumption, { impacted, hashes }: KeptAnswer): Consumption {
  const { options, context } = consumption;
  return {
    ...consumption,
    options: { ...options, out: impacted, hashesOut: hashes },
    phases: new Phases(context.emit),
  };
}

export function keptAnswer(directory: string, name: string): KeptAnswer {
  return { impacted: join(directory, `${name}-impacted`), hashes: join(directory, `${name}-hashes.json`) };
}

export async function rowOf(
  { reason, impacted, phases_ms }: ConsumeReport,
  tier: TierReport['tier'],
  outcome: TierReport['outcome'],
  files: KeptAnswer,
  start: number,
): Promise<TierReport> {
  return {
    tier,
    outcome,
    reason,
    impacted,
    set_sha256: (await digestFile(files.impacted)).sha256,
    hashes_sha256: (await digestFile(files.hashes)).sha256,
    phases_ms,
    ms: Math.round(performance.now() - start),
  };
}

/** @returns whether the base hashes of a bundle are those of the cold run */
export async function checkBaseHashes(
  { engine }: Pick<Consumption, 'engine'>,
  { place, manifest }: ChosenBundle,
  { baseHashes }: ColdReference,
): Promise<BaseHashesReport> {
  const sha256 = manifest.files[STORE_NAMES.baseHashes]?.sha256 ?? '';
  const cold_sha256 = (await digestFile(baseHashes)).sha256;
  if (sha256 === cold_sha256) return { agrees: true, sha256, cold_sha256 };
  const recorded = join(place.directory, STORE_NAMES.baseHashes);
  const differences = await compareHashes(engine, baseHashes, recorded);
  return { agrees: false, sha256, cold_sha256, ...(differences === undefined ? {} : { differences }) };
}
