import pLimit from 'p-limit';
import { nearestAncestor } from '../platform/git-ancestry.ts';
import { openRepository, resolveCommit } from '../platform/git-repository.ts';
import { checkBundle } from './check-bundle.ts';
import type { RunContext } from './commit-view.ts';
import { scanStore } from './store-scan.ts';
import type { BundlePlace } from './store-scan.ts';

export interface RecordingDriversInput {
  store: string;
  /** The workspace directory. */
  workspace: string;
  /** Any revision. */
  target: string;
  /** Any revision: only its snapshots count. */
  base: string | undefined;
  /** Name of the engine. */
  engine: string;
  env: Readonly<Record<string, string>>;
}

interface Recorded {
  base: string;
  driver: string;
}

/**
 * Finds whose machines a store has: the drivers that recorded the snapshots of a commit's ancestors, that of the nearest one
 * first, each once. A store that cannot be read has none: who answers from it says so.
 * @throws DewarError UNKNOWN_REVISION, NOT_A_GIT_REPOSITORY, INTERRUPTED
 */
export async function* recordingDrivers(
  { store, workspace, target, base, engine, env }: RecordingDriversInput,
  { signal }: Pick<RunContext, 'signal'>,
): AsyncGenerator<string> {
  const repository = await openRepository(workspace, { env, signal });
  const commit = await resolveCommit(repository, target, signal);
  const wanted = base === undefined ? undefined : await resolveCommit(repository, base, signal);
  const { bundles } = await scanStore(store).catch(() => ({ bundles: [] }));
  let left = await openAll(
    bundles.filter((place) => wanted === undefined || place.base === wanted),
    { workspace: repository.prefix, engine },
  );
  while (left.length > 0) {
    const bases = [...new Set(left.map((one) => one.base))];
    const nearest = wanted ?? (await nearestAncestor(repository, commit, bases, signal)).nearest;
    const found = left.filter((one) => one.base === nearest).map(({ driver }) => driver);
    if (found.length === 0) return;
    for (const driver of new Set(found)) yield driver;
    left = left.filter(({ driver }) => !found.includes(driver));
  }
}

/** @returns what the manifests of those that are complete and of this workspace say */
async function openAll(
  places: readonly BundlePlace[],
  wanted: { workspace: string; engine: string },
): Promise<Recorded[]> {
  const limit = pLimit(16);
  const opened = await Promise.all(places.map((place) => limit(() => checkBundle(place, 'sizes'))));
  return opened.flatMap((state) => {
    if (!state.complete) return [];
    const { workspace, engine, base_sha, driver } = state.manifest;
    return workspace === wanted.workspace && engine === wanted.engine ? [{ base: base_sha, driver }] : [];
  });
}
