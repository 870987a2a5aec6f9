import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { STORE_NAMES } from '../core/names.ts';
import type { PathChange } from '../platform/git-diff.ts';
import { readBlobs } from '../platform/git-objects.ts';
import { makeTempDirectory } from '../platform/temp-dir.ts';
import { writeAnswer } from './answer-files.ts';
import type { ChosenBundle, Consumption } from './consumption.ts';
import type { Deadline } from './deadline.ts';
import type { IndexPlan } from './engine.ts';
import type { ConsumeReport } from './report.ts';
import { inMachine } from './in-machine.ts';

/**
 * Answers from the graph index of a bundle: without a machine where only contents changed that the engine never reads,
 * else with a query of the packages that did, in the bundle's machine.
 * @param only the one kind of answer that is wanted
 * @returns why neither can be: the next tier is to be used. Only the user's interruption and a broken `out` are errors.
 * @throws DewarError INTERRUPTED, OUTPUT_NOT_WRITABLE
 */
export async function answerFromIndex(
  consumption: Consumption,
  chosen: ChosenBundle,
  deadline: Deadline,
  only?: 'graph' | 'partial',
): Promise<ConsumeReport | NoIndexAnswer> {
  const { phases, context } = consumption;
  if (chosen.manifest.files[STORE_NAMES.graphIndex] === undefined)
    return { why: 'the snapshot has no graph index' };
  try {
    const plan = await phases.run('graph', 'asking the graph index', () =>
      makePlan(consumption, chosen, only),
    );
    if (plan.tier === undefined) return { why: plan.why };
    if (only === 'graph' && plan.tier === 'partial')
      return { why: `packages must be loaded again: ${textOf(plan.packages)}` };
    const impacted =
      plan.tier === 'graph'
        ? await fromContents(consumption, plan)
        : await fromPackages(consumption, chosen, plan, deadline);
    phases.add('index', plan.costs.ms);
    context.emit({
      type: 'debug',
      message: `read ${plan.costs.bytes} bytes of the graph index in ${Math.round(plan.costs.ms)} ms`,
    });
    return reportOf(consumption, chosen, plan.tier, impacted);
  } catch (error) {
    if (context.signal.aborted || (error instanceof DewarError && error.code === 'OUTPUT_NOT_WRITABLE'))
      throw error;
    phases.markFailed('index', ['graph', 'restore', 'checkout', 'packages']);
    const why = error instanceof Error ? error.message : String(error);
    context.emit({
      type: 'warning',
      code: 'GRAPH_NOT_USED',
      message: `the graph index was of no use: ${why}`,
    });
    return { why, failed: true };
  }
}

interface NoIndexAnswer {
  why: string;
  /** It was tried. */
  failed?: true;
}

type Plan = Exclude<IndexPlan, { tier: undefined }>;

async function makePlan(
  { engine, view, target, options, context, ahead }: Consumption,
  { place }: ChosenBundle,
  only: 'graph' | 'partial' | undefined,
): Promise<IndexPlan> {
  const { changes, outside } = await view.changes(place.base, target);
  if (outside) return { tier: undefined, why: 'paths outside of the workspace changed' };
  const index = join(place.directory, STORE_NAMES.graphIndex);
  const identity = { commit: place.base, fingerprint: place.fingerprint };
  const least = only ?? (options.cheapestTier === 'partial' ? 'partial' : 'graph');
  if (least === 'partial' || engine.likelyNeedsRun(changes)) await ahead?.start(place, target);
  return engine.planOfIndex({ index, identity, flags: view.flags, changes, least }, context);
}

async function fromContents(
  { view, options, context, phases, ahead }: Consumption,
  plan: Extract<Plan, { tier: 'graph' }>,
): Promise<number> {
  await ahead?.drop();
  await using scratch = await makeTempDirectory('graph');
  const read = (some: readonly PathChange[]): Promise<readonly Uint8Array[]> =>
    readBlobs(view.repository, some.map(objectOf), context.signal);
  return await phases.time('graph', () =>
    writeAnswer(scratch.path, options, context.signal, (files) => plan.answer(read, files)),
  );
}

async function fromPackages(
  consumption: Consumption,
  chosen: ChosenBundle,
  plan: Extract<Plan, { tier: 'partial' }>,
  deadline: Deadline,
): Promise<number> {
  const { view, options, context, phases } = consumption;
  return inMachine(consumption, chosen, deadline, async (machine) => {
    const run = view.engineRun(machine, deadline.left());
    const engineContext = { emit: context.emit, signal: deadline.signal };
    const { packages } = plan;
    return phases.run('packages', `asking the build tool for ${packages.length} packages`, () =>
      writeAnswer(machine.scratch, options, deadline.signal, (files) =>
        plan.answer(run, files, engineContext),
      ),
    );
  });
}

function reportOf(
  { target, phases, driver, fingerprint }: Consumption,
  { place }: ChosenBundle,
  tier: 'graph' | 'partial',
  impacted: number,
): ConsumeReport {
  return {
    tier,
    reason: tier === 'graph' ? 'contents-only' : 'packages-only',
    base_sha: place.base,
    target_sha: target,
    fingerprint: fingerprint.digest,
    impacted,
    phases_ms: phases.toJSON(),
    driver: driver.name,
  };
}

function textOf(packages: readonly string[]): string {
  const more = packages.length > SHOWN ? ` and ${packages.length - SHOWN} more` : '';
  const shown = packages.slice(0, SHOWN).map((name) => `//${name}`);
  return shown.join(', ') + more;
}

const SHOWN = 5;

function objectOf({ object, path }: PathChange): string {
  if (object !== undefined) return object;
  throw new TypeError(`${path} has no content`);
}
