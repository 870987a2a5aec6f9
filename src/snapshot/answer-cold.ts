import { DewarError } from '../core/errors.ts';
import { firstParent } from '../platform/git-repository.ts';
import type { Machine } from '../vmm/driver.ts';
import { writeAnswer } from './answer-files.ts';
import { checkBundle } from './check-bundle.ts';
import type { Consumption, Miss } from './consumption.ts';
import type { HashOutcome } from './engine.ts';
import { readBaseHashes } from './read-base-hashes.ts';
import type { ConsumeReport } from './report.ts';

/**
 * Answers with a machine and a server made for this answer alone.
 * @param reference nothing recorded is used, and the hashes of the base commit are written there
 * @throws DewarError NO_BASE, INTERRUPTED, and those of git and of the engine
 */
export async function answerCold(
  consumption: Consumption,
  miss: Miss,
  reference?: { baseHashes: string },
): Promise<ConsumeReport> {
  const { options, engine, view, phases, target, context, driver, fingerprint } = consumption;
  const base = await baseOf(consumption, miss);
  const machine = await driver.create({ repository: view.repository }, context);
  try {
    const recorded = reference === undefined ? await recordedHashes(consumption, base, machine) : undefined;
    const before = recorded ?? (await hashAt(consumption, machine, base, 'base-'));
    if (reference !== undefined) await before.hashes.write(reference.baseHashes);
    const after = await hashAt(consumption, machine, target, '');
    const impacted = await phases.run('impact', 'comparing the hashes', () =>
      writeAnswer(machine.scratch, options, context.signal, async (files) => {
        const input = { starting: before.hashes, final: after.hashes, out: files.impacted };
        const found = await engine.impact(view.engineRun(machine), input, context);
        if (files.hashes !== undefined) await after.hashes.write(files.hashes);
        return found;
      }),
    );
    return {
      tier: 'cold',
      reason: miss.reason,
      ...(miss.detail === undefined ? {} : { detail: miss.detail }),
      base_sha: base,
      target_sha: target,
      fingerprint: fingerprint.digest,
      impacted,
      phases_ms: phases.toJSON(),
      driver: driver.name,
      ...(before.partial || after.partial ? { partial: true } : {}),
    };
  } finally {
    await machine.kill();
  }
}

/** The commit to compare with: the same whatever stopped the warm attempt, so that the answer is the same. */
async function baseOf(
  { view, target, wantedBase, bundles, quarantined, context }: Consumption,
  miss: Miss,
): Promise<string> {
  const known = wantedBase ?? (await chosenOrNearest());
  if (known !== undefined) return known;
  const parent = await firstParent(view.repository, target, context.signal);
  if (parent === undefined) throw noBase(target, view.repository.shallow);
  context.emit({
    type: 'note',
    message: `no snapshot shows the base: comparing with the first parent, ${parent}`,
  });
  return parent;

  async function chosenOrNearest(): Promise<string | undefined> {
    if (
      miss.base !== undefined &&
      miss.reason !== 'fingerprint-mismatch' &&
      miss.reason !== 'snapshot-damaged'
    )
      return miss.base;
    const commits = [...bundles, ...quarantined].map((place) => place.base);
    return (await view.nearest(target, commits)).nearest;
  }
}

/** @returns the base hashes of a bundle that was recorded under what holds for `base` now; undefined without one */
async function recordedHashes(
  consumption: Consumption,
  base: string,
  machine: Machine,
): Promise<HashOutcome | undefined> {
  const { bundles, view, engine, phases } = consumption;
  if (!bundles.some((place) => place.base === base)) return undefined;
  return phases.run('base-hashes', 'looking for recorded base hashes', async () => {
    const { digest } = await view.fingerprint(base);
    const place = bundles.find((bundle) => bundle.base === base && bundle.fingerprint === digest);
    const state = place === undefined ? undefined : await checkBundle(place, 'digests');
    if (place === undefined || state?.complete !== true) return undefined;
    const { manifest } = state;
    if (manifest.engine !== engine.name || manifest.workspace !== view.repository.prefix) return undefined;
    const hashes = await readBaseHashes(engine, { place, manifest }, machine).catch(() => undefined);
    return hashes === undefined ? undefined : { hashes, partial: false, problems: [] };
  });
}

async function hashAt(
  { engine, view, phases, context }: Consumption,
  machine: Machine,
  commit: string,
  prefix: '' | 'base-',
): Promise<HashOutcome> {
  await phases.run(`${prefix}checkout`, `checking out ${commit}`, () => machine.checkOut(commit, context));
  const work = (): Promise<HashOutcome> => engine.hash(view.engineRun(machine), context);
  const outcome = await phases.time(`${prefix}query`, work);
  if (outcome.partial) {
    const message = `the graph of ${commit} has errors, so that targets may be missing: ${outcome.problems.join('; ')}`;
    context.emit({ type: 'warning', code: 'PARTIAL_GRAPH', message });
  }
  return outcome;
}

function noBase(target: string, shallow: boolean): DewarError {
  return new DewarError({
    code: 'NO_BASE',
    message: `there is no commit to compare ${target} with: no snapshot of an ancestor, and no parent in this clone`,
    mend: shallow
      ? 'give --base-sha, or fetch the history (git fetch --unshallow)'
      : 'give --base-sha: the target is the first commit of its history',
  });
}
