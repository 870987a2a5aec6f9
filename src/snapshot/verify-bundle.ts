import { join } from 'node:path';
import type { VmmDriver } from '../vmm/driver.ts';
import { checkBundle } from './check-bundle.ts';
import type { RunContext, WorkspaceView } from './commit-view.ts';
import type { ChosenBundle } from './consumption.ts';
import type { Fingerprint, GraphEngine } from './engine.ts';
import { record } from './record.ts';
import { removeSnapshots } from './remove-snapshots.ts';
import { fits } from './resolve.ts';
import { scanStore } from './store-scan.ts';
import type { BundlePlace } from './store-scan.ts';
import type { VerifyDrivers, VerifyOptions } from './verify-options.ts';

/** The snapshot that is verified, and where it is at home; one that was recorded for this is removed at the end. */
export interface VerifiedBundle extends AsyncDisposable {
  chosen: ChosenBundle | undefined;
  /** Why there is none. */
  why: string | undefined;
  store: string;
  driver: VmmDriver;
  isTemporary: boolean;
}

interface Place extends VerifyDrivers {
  options: VerifyOptions;
  engine: GraphEngine;
  view: WorkspaceView;
  context: RunContext;
  /** For a store of this run. */
  directory: string;
}

/**
 * Finds the snapshot of a commit in the store, or records one elsewhere.
 * @throws DewarError STORE_UNREADABLE, and as `record` does
 */
export async function bundleToVerify(
  place: Place,
  wanted: { base: string; fingerprint: Fingerprint; record: boolean },
): Promise<VerifiedBundle> {
  const { options, driver, context, view, directory } = place;
  await driver.sweep({ repository: view.repository }, context);
  const found = options.store === undefined ? 'there is no store' : await look(place, options.store, wanted);
  const store = join(directory, 'store');
  if (typeof found !== 'string' && options.store !== undefined)
    return { ...CLEAN, chosen: found, why: undefined, store: options.store, driver, isTemporary: false };
  const why = typeof found === 'string' ? found : undefined;
  if (!wanted.record) return { ...CLEAN, chosen: undefined, why, store, driver, isTemporary: false };
  return recordForNow(place, store, wanted.base, why);
}

const CLEAN: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };

async function look(
  { engine, view, driver }: Place,
  store: string,
  { base, fingerprint }: { base: string; fingerprint: Fingerprint },
): Promise<ChosenBundle | string> {
  const { bundles } = await scanStore(store);
  const place = bundles.find((known) => known.base === base && known.fingerprint === fingerprint.digest);
  if (place === undefined) return `${store} has no snapshot of ${base} that fits`;
  const state = await checkBundle(place, 'digests');
  if (!state.complete) return `${place.directory} is damaged: ${state.why}`;
  if (!fits(state, { workspace: view.repository.prefix, engine: engine.name, driver: driver.name }))
    return `${place.directory} is of another driver or engine`;
  return { place, manifest: state.manifest };
}

async function recordForNow(
  { options, engine, view, temporary, context }: Place,
  store: string,
  base: string,
  why: string | undefined,
): Promise<VerifiedBundle> {
  await temporary.sweep({ repository: view.repository }, context);
  const message = `recording ${base} in a temporary store${why === undefined ? '' : `: ${why}`}`;
  context.emit({ type: 'note', message });
  const remove = async (places: readonly BundlePlace[]): Promise<void> =>
    // Also after an interruption: nothing else would remove it soon.
    removeSnapshots(store, places, [temporary], { emit: context.emit });
  const settings = { ...options, store, base, force: false };
  await record(settings, { engine, driver: temporary }, context);
  const [place] = (await scanStore(store)).bundles;
  if (place === undefined) throw new TypeError('record has recorded nothing');
  const state = await checkBundle(place, 'digests');
  if (!state.complete) {
    await remove([place]);
    throw new TypeError(`${place.directory}, just recorded, is damaged: ${state.why}`);
  }
  return {
    chosen: { place, manifest: state.manifest },
    why: undefined,
    store,
    driver: temporary,
    isTemporary: true,
    [Symbol.asyncDispose]: () => remove([place]),
  };
}
