import { isReplaceable } from '../platform/write-output.ts';
import { makeTempDirectory } from '../platform/temp-dir.ts';
import { handOver } from './answer-files.ts';
import type { ChosenBundle, Consumption, Miss, VerifySample } from './consumption.ts';
import { quarantine } from './quarantine.ts';
import { summarize } from './quarantine-report.ts';
import type { ConsumeReport } from './report.ts';
import { compareAnswers } from './verify-compare.ts';
import { checkBaseHashes, keptAnswer, makeColdReference, rowOf } from './verify-cold.ts';
import type { ColdReference } from './verify-cold.ts';

type Answer = (consumption: Consumption) => Promise<ConsumeReport | Miss>;

/** @param random gives a number from 0 up to, but not, 1 */
export function isSampled({ probability }: VerifySample, random: () => number): boolean {
  return random() < probability;
}

/**
 * Has a warm answer written, then a cold one made and compared with it. One that is wrong is replaced, and its bundle
 * quarantined. Where the output cannot be replaced (a pipe), nothing is written before the comparison.
 * @throws DewarError INTERRUPTED: an answer that was written stays
 */
export async function answerAndVerify(
  consumption: Consumption,
  chosen: ChosenBundle,
  sample: VerifySample,
  answer: Answer,
): Promise<ConsumeReport | Miss> {
  const { options } = consumption;
  await using scratch = await makeTempDirectory('verify');
  const files = keptAnswer(scratch.path, 'warm');
  const start = performance.now();
  const report = await answer({
    ...consumption,
    options: { ...options, out: files.impacted, hashesOut: files.hashes },
  });
  if (!('tier' in report) || report.tier === null) return report;
  const row = await rowOf(report, report.tier, 'agrees', files, start);
  const early = (await isReplaceable(options.out)) && (await isReplaceable(options.hashesOut));
  if (early) await handOver(files, options);

  const reference = await makeReference(consumption, chosen, scratch.path);
  if ('why' in reference) {
    if (!early) await handOver(files, options);
    return { ...report, verified: null, verification: { why: reference.why, answer: row } };
  }
  const differences = await compareAnswers(consumption.engine, reference.files, files);
  const baseHashes = await checkBaseHashes(consumption, chosen, reference);
  const verification = { answer: row, cold: reference.row, base_hashes: baseHashes };
  if (differences === undefined && baseHashes.agrees) {
    if (!early) await handOver(files, options);
    return { ...report, verified: true, verification };
  }
  await handOver(reference.files, options);
  if (differences !== undefined) verification.answer = { ...row, outcome: 'disagrees', differences };
  return await correct(consumption, chosen, sample, { reference, report, verification });
}

/** @returns why there is nothing to compare with */
async function makeReference(
  consumption: Consumption,
  { place }: ChosenBundle,
  directory: string,
): Promise<ColdReference | { why: string }> {
  const { context, phases } = consumption;
  const failed = (why: string): { why: string } => {
    context.emit({ type: 'warning', code: 'VERIFY_FAILED', message: `the answer was not verified: ${why}` });
    return { why };
  };
  context.emit({ type: 'note', message: 'verifying the answer: a cold run of both commits follows' });
  try {
    const reference = await phases.time('verify', () =>
      makeColdReference(consumption, place.base, directory),
    );
    return reference.report.partial === true ? failed('the graph has errors in the cold run') : reference;
  } catch (error) {
    if (context.signal.aborted) throw error;
    return failed(error instanceof Error ? error.message : String(error));
  }
}

interface Wrong {
  reference: ColdReference;
  report: ConsumeReport;
  verification: Required<Pick<NonNullable<ConsumeReport['verification']>, 'answer' | 'cold' | 'base_hashes'>>;
}

async function correct(
  { options, context, driver, phases, target }: Consumption,
  chosen: ChosenBundle,
  { toolVersion }: VerifySample,
  { reference, report, verification }: Wrong,
): Promise<ConsumeReport> {
  const { answer, cold, base_hashes } = verification;
  const summary = summarize([answer], base_hashes, target);
  const message = `${chosen.place.directory} is ${summary}; the cold answer takes its place`;
  context.emit({ type: 'warning', code: 'SNAPSHOT_DISAGREED', message });
  const finding = {
    chosen,
    summary,
    foundBy: 'consume --verify-sample',
    target,
    tiers: [answer, cold],
    baseHashes: base_hashes,
    toolVersion,
  } as const;
  const outcome = await quarantine(options.store, finding, driver, context);
  return {
    ...report,
    tier: 'cold',
    reason: 'verify-disagreed',
    detail: summary,
    impacted: reference.report.impacted,
    phases_ms: phases.toJSON(),
    verified: false,
    verification: { ...verification, quarantine: outcome },
  };
}
