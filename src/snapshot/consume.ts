import type { DewarEvent } from '../core/events.ts';
import { assertWritableOutput } from '../platform/write-output.ts';
import type { VmmDriver } from '../vmm/driver.ts';
import { answerCold } from './answer-cold.ts';
import { answerFromIndex } from './answer-index.ts';
import { answerThawed } from './answer-thawed.ts';
import { bundleChooser } from './choose-bundle.ts';
import type { ChooseBundle } from './choose-bundle.ts';
import { openWorkspace } from './commit-view.ts';
import type { RunContext } from './commit-view.ts';
import type { GraphEngine } from './engine.ts';
import type { ChosenBundle, Consumption, ConsumeOptions, Miss } from './consumption.ts';
import { startDeadline } from './deadline.ts';
import { Phases } from './phases.ts';
import { lookAhead } from './look-ahead.ts';
import { MachineAhead } from './machine-ahead.ts';
import { noteQuarantined } from './quarantine-note.ts';
import { REASONS } from './reasons.ts';
import type { ConsumeReport } from './report.ts';
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
  const place = await driver.place?.(context);
  await using view = await openWorkspace(engine, { ...options, place }, context);
  await using ahead = new MachineAhead({ driver, repository: view.repository, context });
  const target = await view.commit(options.target);
  view.noteUncommitted(target);
  const wantedBase = options.base === undefined ? undefined : await view.commit(options.base);
  const store = await scanBundles(options.store);
  const { bundles, quarantined } = 'why' in store ? NOTHING : store;
  const looking = lookAhead({ options, engine, view, ahead, bundles, target, wantedBase }).catch(
    // What could not be guessed is found out in due course.
    () => undefined,
  );
  const fingerprint = await phases.run('fingerprint', 'reading what the graph depends on', () =>
    view.fingerprint(target),
  );
  await driver.sweep({ repository: view.repository }, context);
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
    ahead,
  };
  const choose = bundleChooser(consumption);
  const found: ChosenBundle | Miss =
    'why' in store
      ? { reason: 'store-unreadable', detail: store.why }
      : await phases.run('resolve', 'looking for a snapshot', () =>
          choose(asksIndex(options) ? 'sizes' : 'digests'),
        );
  await looking;
  const warm = 'reason' in found ? found : await answerSample(consumption, found, choose);
  if ('tier' in warm) return { ...warm, ...unverified(options, warm) };

  await ahead.drop();
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

async function answerSample(
  consumption: Consumption,
  chosen: ChosenBundle,
  choose: ChooseBundle,
): Promise<ConsumeReport | Miss> {
  const { verify } = consumption.options;
  const answer = (asked: Consumption): Promise<ConsumeReport | Miss> => answerWarm(asked, chosen, choose);
  return verify !== undefined && isSampled(verify, Math.random)
    ? answerAndVerify(consumption, chosen, verify, answer)
    : answer(consumption);
}

/**
 * Tries the tiers that a bundle allows, cheapest first.
 * @param chosen the index tiers check what they read of it; before anything else is read of it, all of it is checked
 */
async function answerWarm(
  consumption: Consumption,
  chosen: ChosenBundle,
  choose: ChooseBundle,
): Promise<ConsumeReport | Miss> {
  const { options, context, phases } = consumption;
  if (options.cheapestTier === 'cold') return { reason: 'not-asked-for', base: chosen.place.base };
  using deadline = startDeadline(options.deadlineMs, context.signal);
  if (!asksIndex(options)) return await answerThawed(consumption, chosen, deadline);
  for (let bundle = chosen; ;) {
    const found = await answerFromIndex(consumption, bundle, deadline);
    if ('tier' in found) return found;
    context.emit({ type: 'note', message: `not from the graph index: ${found.why}` });
    const whole = await phases.time('resolve', () => choose('digests'));
    if ('reason' in whole) return whole;
    if (whole.place.directory === bundle.place.directory)
      return await answerThawed(consumption, whole, deadline);
    bundle = whole;
  }
}

function asksIndex({ cheapestTier }: ConsumeOptions): boolean {
  return cheapestTier === 'graph' || cheapestTier === 'partial';
}

const NOTHING: Pick<StoreScan, 'bundles' | 'quarantined'> = { bundles: [], quarantined: [] };

async function scanBundles(store: string): Promise<StoreScan | { why: string }> {
  try {
    return await scanStore(store);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function missEvent({ reason, detail }: Miss): DewarEvent {
  const message = `no warm answer (${reason}): ${detail ?? REASONS[reason]}`;
  if (reason === 'no-snapshot' || reason === 'fingerprint-mismatch') return { type: 'note', message };
  return { type: 'warning', code: 'SNAPSHOT_NOT_USED', message };
}
