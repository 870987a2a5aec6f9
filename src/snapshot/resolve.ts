import type { NearestAncestor } from '../platform/git-ancestry.ts';
import type { BundleState } from './check-bundle.ts';
import type { Manifest } from './manifest.ts';
import type { Reason } from './reasons.ts';
import type { BundlePlace } from './store-scan.ts';

export interface ResolveInput {
  /** Of the target. */
  fingerprint: string;
  /** The workspace inside its repository; a bundle of another one is no candidate. */
  workspace: string;
  engine: string;
  driver: string;
  /** Only bundles of this commit are candidates, and it need not be an ancestor: the caller has said so. */
  base?: string | undefined;
  entries: readonly StoreEntry[];
}

export interface StoreEntry {
  place: BundlePlace;
  /** Undefined while nobody has opened the bundle; one of the right fingerprint counts as complete until then. */
  state: BundleState | undefined;
}

export type Resolution =
  | { found: StoreEntry }
  | {
      found: undefined;
      reason: Extract<
        Reason,
        'no-snapshot' | 'fingerprint-mismatch' | 'snapshot-damaged' | 'ancestry-unknown'
      >;
      detail?: string;
      /** The bundle that the reason is about. */
      nearest?: BundlePlace;
    };

/**
 * Chooses a bundle: same fingerprint, complete, an ancestor of the target, nearest first, ties by the smaller SHA.
 * Pure but for `nearest`, which knows the history: it is asked for the nearest ancestor among some commits.
 */
export async function resolve(
  input: ResolveInput,
  nearest: (commits: readonly string[]) => Promise<NearestAncestor>,
): Promise<Resolution> {
  const entries = input.entries.filter(({ place }) => input.base === undefined || place.base === input.base);
  const pick = async (
    among: readonly StoreEntry[],
  ): Promise<{ entry?: StoreEntry | undefined; unknown: boolean }> => {
    if (among.length === 0) return { unknown: false };
    if (input.base !== undefined) return { entry: among[0], unknown: false };
    const found = await nearest(among.map(({ place }) => place.base));
    return { entry: among.find(({ place }) => place.base === found.nearest), unknown: found.unknown };
  };

  const same = entries.filter(({ place }) => place.fingerprint === input.fingerprint);
  const usable = same.filter(({ state }) => state === undefined || fits(state, input));
  const chosen = await pick(usable);
  if (chosen.entry !== undefined) return { found: chosen.entry };

  const damaged = await pick(same.filter(({ state }) => state?.complete === false));
  if (damaged.entry?.state?.complete === false) {
    const { place, state } = damaged.entry;
    return {
      found: undefined,
      reason: 'snapshot-damaged',
      detail: `${place.directory}: ${state.why}`,
      nearest: place,
    };
  }

  const others = await pick(entries.filter(({ place }) => place.fingerprint !== input.fingerprint));
  if (others.entry !== undefined)
    return { found: undefined, reason: 'fingerprint-mismatch', nearest: others.entry.place };
  if (chosen.unknown || damaged.unknown || others.unknown)
    return { found: undefined, reason: 'ancestry-unknown' };
  return { found: undefined, reason: 'no-snapshot', ...misfits(same, input) };
}

/** @returns true for a complete bundle that is for this caller */
export function fits(
  state: BundleState,
  wanted: Pick<ResolveInput, 'workspace' | 'engine' | 'driver'>,
): state is Extract<BundleState, { complete: true }> {
  return state.complete && misfit(state.manifest, wanted) === undefined;
}

/** @returns why a complete bundle of the same fingerprint is not for this caller */
function misfit(
  manifest: Manifest,
  input: Pick<ResolveInput, 'workspace' | 'engine' | 'driver'>,
): string | undefined {
  if (manifest.workspace !== input.workspace) return `is of the workspace ${manifest.workspace || '.'}`;
  if (manifest.engine !== input.engine) return `is of the engine ${manifest.engine}`;
  if (manifest.driver !== input.driver) return `is of the driver ${manifest.driver}`;
  return undefined;
}

function misfits(entries: readonly StoreEntry[], input: ResolveInput): { detail?: string } {
  for (const { place, state } of entries) {
    const why = state?.complete === true ? misfit(state.manifest, input) : undefined;
    if (why !== undefined) return { detail: `${place.directory} ${why}` };
  }
  return {};
}
