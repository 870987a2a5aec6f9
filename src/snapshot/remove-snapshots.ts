import type { DriverContext, VmmDriver } from '../vmm/driver.ts';
import { openBundleWriter } from './store-write.ts';
import type { FoundSnapshot } from './find-snapshots.ts';

/**
 * Deletes bundles, and what the drivers keep for them on this host. Waits for a record that writes one of them.
 * @throws DewarError STORE_NOT_WRITABLE, INTERRUPTED
 */
export async function removeSnapshots(
  store: string,
  places: readonly FoundSnapshot[],
  drivers: readonly VmmDriver[],
  context: DriverContext,
): Promise<void> {
  for (const place of places) {
    const { fingerprint, base } = place;
    const onWait = (): void =>
      context.emit({ type: 'note', message: `a record of ${base} is at work: waiting` });
    await using writer = await openBundleWriter(store, fingerprint, base, { signal: context.signal, onWait });
    await writer.remove(place.directory);
    // The machine of a quarantined bundle is that of the one that was recorded after it, if any.
    if (place.mark !== undefined) continue;
    for (const driver of drivers) await driver.forget(place, context);
  }
}
