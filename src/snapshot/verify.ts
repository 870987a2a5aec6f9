import { makeTempDirectory } from '../platform/temp-dir.ts';
import { openWorkspace } from './commit-view.ts';
import type { RunContext } from './commit-view.ts';
import type { ChosenBundle, Consumption } from './consumption.ts';
import type { Fingerprint, GraphEngine } from './engine.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { Phases } from './phases.ts';
import { quarantine } from './quarantine.ts';
import { summarize } from './quarantine-report.ts';
import { bundleToVerify } from './verify-bundle.ts';
import { checkBaseHashes, makeColdReference } from './verify-cold.ts';
import type { ColdReference } from './verify-cold.ts';
import { compareAnswers } from './verify-compare.ts';
import type { Tier, TierReport, VerifyReport } from './verify-report.ts';
import type { VerifyDrivers, VerifyOptions } from './verify-options.ts';
import { runTier } from './verify-tier.ts';
import type { TierRun } from './verify-tier.ts';

/**
 * Answers the same question by every tier, and says whether the answers are equal byte for byte.
 * @throws DewarError as `record` and the cold tier of `consume` do
 */
export async function verify(
  options: VerifyOptions,
  { engine, driver, temporary }: VerifyDrivers & { engine: GraphEngine },
  context: RunContext,
): Promise<VerifyReport> {
  const phases = new Phases(context.emit);
  const place = await driver.place?.(context);
  await using view = await openWorkspace(engine, { ...options, place }, context);
  const base = await view.commit(options.base);
  const target = await view.commit(options.target);
  const [before, fingerprint] = await phases.run(
    'fingerprint',
    'reading what the graph depends on',
    async () => [await view.fingerprint(base), await view.fingerprint(target)],
  );
  await using scratch = await makeTempDirectory('verify');
  const mismatch = whyMismatch(before, fingerprint);
  const wanted = { base, fingerprint: before, record: mismatch === undefined && needsBundle(options.tiers) };
  await using found = await bundleToVerify(
    { options, engine, view, driver, temporary, context, directory: scratch.path },
    wanted,
  );
  const consumption: Consumption = {
    options: {
      ...options,
      base,
      target,
      store: found.store,
      out: scratch.path,
      fallback: 'cold',
      cheapestTier: 'graph',
    },
    engine,
    driver: found.driver,
    context,
    view,
    phases,
    target,
    fingerprint,
    wantedBase: base,
    bundles: [],
    quarantined: [],
  };
  const unusable = mismatch ?? found.why;
  const runs: TierRun[] = [];
  for (const tier of WARM_TIERS.filter((name) => options.tiers.includes(name)))
    runs.push(await runTier(consumption, tier, unusable ?? found.chosen, scratch.path));
  context.emit({ type: 'note', message: 'cold: the answer that the others are compared with' });
  const reference = await makeColdReference(consumption, base, scratch.path);
  return await judge(consumption, { before, found, runs, reference, toolVersion: options.toolVersion });
}

const WARM_TIERS = ['graph', 'partial', 'thawed'] as const;

function needsBundle(tiers: readonly Tier[]): boolean {
  return WARM_TIERS.some((tier) => tiers.includes(tier));
}

function whyMismatch(before: Fingerprint, now: Fingerprint): string | undefined {
  if (before.digest === now.digest) return undefined;
  return `the fingerprint of the target differs: ${explainMismatch(before, now)}`;
}

interface Findings {
  before: Fingerprint;
  found: { chosen: ChosenBundle | undefined; store: string; isTemporary: boolean };
  runs: readonly TierRun[];
  reference: ColdReference;
  toolVersion: string;
}

async function judge(
  consumption: Consumption,
  { before, found, runs, reference, toolVersion }: Findings,
): Promise<VerifyReport> {
  const { engine, context, driver, target, fingerprint, wantedBase: base = '', options } = consumption;
  const { chosen, isTemporary } = found;
  const tiers: TierReport[] = [];
  for (const { row, files } of runs) {
    const differences =
      files === undefined ? undefined : await compareAnswers(engine, reference.files, files);
    tiers.push(differences === undefined ? row : { ...row, outcome: 'disagrees', differences });
  }
  tiers.push(reference.row);
  const baseHashes = chosen === undefined ? null : await checkBaseHashes(consumption, chosen, reference);
  const agrees = tiers.every(({ outcome }) => outcome !== 'disagrees') && baseHashes?.agrees !== false;
  const report: VerifyReport = {
    base_sha: base,
    target_sha: target,
    fingerprint: fingerprint.digest,
    driver: driver.name,
    snapshot:
      chosen === undefined
        ? null
        : { directory: chosen.place.directory, fingerprint: before.digest, temporary: isTemporary },
    agrees,
    tiers,
    base_hashes: baseHashes,
    quarantine: null,
  };
  if (agrees || chosen === undefined || baseHashes === null) return report;
  const summary = summarize(tiers, baseHashes, target);
  context.emit({
    type: 'warning',
    code: 'SNAPSHOT_DISAGREED',
    message: `${chosen.place.directory} is ${summary}`,
  });
  if (isTemporary) return { ...report, quarantine: { directory: null, why: 'it was recorded for this run' } };
  const about = {
    chosen,
    summary,
    target,
    tiers,
    baseHashes,
    toolVersion,
    foundBy: 'verify',
  } as const;
  return { ...report, quarantine: await quarantine(options.store, about, driver, context) };
}
