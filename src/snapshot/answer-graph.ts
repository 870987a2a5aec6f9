import { join } from 'node:path';
import { DewarError } from '../core/errors.ts';
import { STORE_NAMES } from '../core/names.ts';
import { diffCommits } from '../platform/git-diff.ts';
import type { PathChange } from '../platform/git-diff.ts';
import { readBlobs } from '../platform/git-objects.ts';
import { makeTempDirectory } from '../platform/temp-dir.ts';
import { copyToOutput } from '../platform/write-output.ts';
import type { ChosenBundle, Consumption } from './consumption.ts';
import type { ConsumeReport } from './report.ts';

/**
 * Answers from the graph index of a bundle, without a machine, where only contents changed that the engine never reads.
 * @returns why that is not so: the next tier is to be used. Only the user's interruption and a broken `out` are errors.
 * @throws DewarError INTERRUPTED, OUTPUT_NOT_WRITABLE
 */
export async function answerFromGraph(
  consumption: Consumption,
  chosen: ChosenBundle,
): Promise<ConsumeReport | { why: string }> {
  const { phases, context } = consumption;
  if (chosen.manifest.files[STORE_NAMES.graphIndex] === undefined)
    return { why: 'the snapshot has no graph index' };
  try {
    const found = await phases.run('graph', 'asking the graph index', () => ask(consumption, chosen));
    if ('why' in found) return found;
    return { ...found, phases_ms: phases.toJSON() };
  } catch (error) {
    if (context.signal.aborted || (error instanceof DewarError && error.code === 'OUTPUT_NOT_WRITABLE'))
      throw error;
    phases.markFailed(['graph']);
    const why = error instanceof Error ? error.message : String(error);
    context.emit({
      type: 'warning',
      code: 'GRAPH_NOT_USED',
      message: `the graph index was of no use: ${why}`,
    });
    return { why };
  }
}

async function ask(
  consumption: Consumption,
  { place }: ChosenBundle,
): Promise<ConsumeReport | { why: string }> {
  const { engine, view, target, options, context, driver, fingerprint } = consumption;
  const { repository, flags } = view;
  const { changes, outside } = await diffCommits(repository, place.base, target, context.signal);
  if (outside) return { why: 'paths outside of the workspace changed' };
  await using scratch = await makeTempDirectory('graph');
  const out = join(scratch.path, 'impacted');
  const read = (some: readonly PathChange[]): Promise<readonly Uint8Array[]> =>
    readBlobs(repository, some.map(objectOf), context.signal);
  const index = join(place.directory, STORE_NAMES.graphIndex);
  const found = await engine.impactOfIndex({ index, flags, changes, read, out }, context);
  if (found.impacted === undefined) return { why: found.why };
  context.signal.throwIfAborted();
  await copyToOutput(out, options.out);
  return {
    tier: 'graph',
    reason: 'contents-only',
    base_sha: place.base,
    target_sha: target,
    fingerprint: fingerprint.digest,
    impacted: found.impacted,
    phases_ms: {},
    driver: driver.name,
  };
}

function objectOf({ object, path }: PathChange): string {
  if (object !== undefined) return object;
  throw new TypeError(`${path} has no content`);
}
