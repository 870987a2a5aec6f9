import pLimit from 'p-limit';
import type { DewarEvent } from '../core/events.ts';
import { nearestAncestor } from '../platform/git-ancestry.ts';
import { assertWritableOutput } from '../platform/write-output.ts';
import type { VmmDriver } from '../vmm/driver.ts';
import { answerCold } from './answer-cold.ts';
import { answerFromIndex } from './answer-index.ts';
import { answerThawed } from './answer-thawed.ts';
import { checkBundle, readFingerprint } from './check-bundle.ts';
import { openWorkspace } from './commit-view.ts';
import type { RunContext } from './commit-view.ts';
import type { Fingerprint, GraphEngine } from './engine.ts';
import type { ChosenBundle, Consumption, ConsumeOptions, Miss } from './consumption.ts';
import { startDeadline } from './deadline.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { Phases } from './phases.ts';
import { noteQuarantined } from './quarantine-note.ts';
import { REASONS } from './reasons.ts';
import type { ConsumeReport } from './report.ts';
import { fits, resolve } from './resolve.ts';
import type { Resolution, StoreEntry } from './resolve.ts';
import { scanStore } from './store-scan.ts';
import type { StoreScan } from './store-scan.ts';
import { answerAndVerify, isSampled } from './verify-sample.ts';

/**
 * Writes the targets that a commit impacts, from a snapshot if that is certain to be right, otherwise cold.
 * @throws DewarError UNKNOWN_REVISION, NOT_A_WORKSPACE, NOT_A_GIT_REPOSITORY, OUTPUT_NOT_WRITABLE, NO_BASE, INTERRUPTED,
 *   and those of the engine in the cold tier
 */
export async function consume(
  options: ConsumeOptions,
  { engine, driver }: { engine: GraphEngine; driver: VmmDriver },
  context: RunContext,
): Promise<ConsumeReport> {
  const phases = new Phases(context.emit);
  await assertWritableOutput(options.out);
  await using view = await openWorkspace(engine, options, context);
  const target = await view.commit(options.target);
  view.noteUncommitted(target);
  const wantedBase = options.base === undefined ? undefined : await view.commit(options.base);
  const fingerprint = await phases.run('fingerprint', 'reading what the graph depends on', () =>
    view.fingerprint(target),
  );
  await driver.sweep({ repository: view.repository }, context);

  const store = await scanBundles(options.store);
  const { bundles, quarantined } = 'why' in store ? NOTHING : store;
  const consumption = {
    options,
    engine,
    driver,
    context,
    view,
    phases,
    target,
    fingerprint,
    wantedBase,
    bundles,
    quarantined,
  };
  const found: ChosenBundle | Miss =
    'why' in store
      ? { reason: 'store-unreadable', detail: store.why }
      : await phases.run('resolve', 'looking for a snapshot', () => chooseBundle(consumption));
  const warm = 'reason' in found ? found : await answerSample(consumption, found);
  if ('tier' in warm) return { ...warm, ...unverified(options, warm) };

  await noteQuarantined(consumption);
  context.emit(missEvent(warm));
  if (options.fallback === 'cold')
    return { ...(await answerCold(consumption, warm)), ...unverified(options) };
  return {
    tier: null,
    reason: warm.reason,
    ...(warm.detail === undefined ? {} : { detail: warm.detail }),
    base_sha: wantedBase ?? warm.base ?? null,
    target_sha: target,
    fingerprint: fingerprint.digest,
    impacted: null,
    phases_ms: phases.toJSON(),
    driver: driver.name,
  };
}

/** Nothing was compared: the report says so where it was asked for. */
function unverified(
  { verify }: ConsumeOptions,
  { verified = null }: Partial<ConsumeReport> = {},
): Partial<ConsumeReport> {
  return verify === undefined ? {} : { verified };
}

async function answerSample(consumption: Consumption, chosen: ChosenBundle): Promise<ConsumeReport | Miss> {
  const { verify } = consumption.options;
  const answer = (asked: Consumption): Promise<ConsumeReport | Miss> => answerWarm(asked, chosen);
  return verify !== undefined && isSampled(verify, Math.random)
    ? answerAndVerify(consumption, chosen, verify, answer)
    : answer(consumption);
}

/** Tries the tiers that a bundle allows, cheapest first. */
async function answerWarm(consumption: Consumption, chosen: ChosenBundle): Promise<ConsumeReport | Miss> {
  const { options, context } = consumption;
  if (options.cheapestTier === 'cold') return { reason: 'not-asked-for', base: chosen.place.base };
  using deadline = startDeadline(options.deadlineMs, context.signal);
  if (options.cheapestTier !== 'thawed') {
    const found = await answerFromIndex(consumption, chosen, deadline);
    if ('tier' in found) return found;
    context.emit({ type: 'note', message: `not from the graph index: ${found.why}` });
  }
  return answerThawed(consumption, chosen, deadline);
}

const NOTHING: Pick<StoreScan, 'bundles' | 'quarantined'> = { bundles: [], quarantined: [] };

async function scanBundles(store: string): Promise<StoreScan | { why: string }> {
  try {
    return await scanStore(store);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

async function chooseBundle(consumption: Consumption): Promise<ChosenBundle | Miss> {
  const { fingerprint, view, target, engine, driver, context, wantedBase, bundles } = consumption;
  const entries: StoreEntry[] = bundles.map((place) => ({ place, state: undefined }));
  const wanted = {
    fingerprint: fingerprint.digest,
    workspace: view.repository.prefix,
    engine: engine.name,
    driver: driver.name,
    base: wantedBase,
    entries,
  };
  for (let opened = false; ; opened = true) {
    const resolution = await resolve(wanted, (commits) =>
      nearestAncestor(view.repository, target, commits, context.signal),
    );
    if (resolution.found === undefined) return explain(resolution, fingerprint);
    const entry = resolution.found;
    const state = await checkBundle(entry.place, 'digests');
    if (fits(state, wanted)) return { place: entry.place, manifest: state.manifest };
    entry.state = state;
    if (!state.complete) {
      const message = `${entry.place.directory}: ${state.why}`;
      context.emit({ type: 'warning', code: 'SNAPSHOT_DAMAGED', message });
    }
    // The first is nearly always good; after a bad one it is cheaper to look at all than to ask git after each.
    if (!opened) await openCandidates(entries, fingerprint.digest);
  }
}

async function openCandidates(entries: readonly StoreEntry[], fingerprint: string): Promise<void> {
  const limit = pLimit(16);
  const unopened = entries.filter(
    ({ place, state }) => place.fingerprint === fingerprint && state === undefined,
  );
  await Promise.all(
    unopened.map(async (entry) => {
      entry.state = await limit(() => checkBundle(entry.place, 'sizes'));
    }),
  );
}

async function explain(
  resolution: Extract<Resolution, { found: undefined }>,
  now: Fingerprint,
): Promise<Miss> {
  const { reason, nearest } = resolution;
  const miss = { reason, detail: resolution.detail, base: nearest?.base };
  if (reason !== 'fingerprint-mismatch' || nearest === undefined) return miss;
  const recorded = await readFingerprint(nearest);
  const detail =
    recorded === undefined
      ? `the components of ${nearest.directory} cannot be read`
      : explainMismatch(recorded, now) || 'the components are equal, the fingerprints are not';
  return { ...miss, detail };
}

function missEvent({ reason, detail }: Miss): DewarEvent {
  const message = `no warm answer (${reason}): ${detail ?? REASONS[reason]}`;
  if (reason === 'no-snapshot' || reason === 'fingerprint-mismatch') return { type: 'note', message };
  return { type: 'warning', code: 'SNAPSHOT_NOT_USED', message };
}
