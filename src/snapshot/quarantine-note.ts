import { shortSnapshotId } from '../core/names.ts';
import type { Consumption } from './consumption.ts';
import { quarantineText, readQuarantineReport } from './quarantine-report.ts';

/** Tells the user, who finds no snapshot, of those that are quarantined and not recorded again. */
export async function noteQuarantined({
  quarantined,
  bundles,
  fingerprint,
  wantedBase,
  context,
}: Consumption): Promise<void> {
  const same = bundles.filter((place) => place.fingerprint === fingerprint.digest);
  const recorded = new Set(same.map((place) => place.base));
  const missed = quarantined.filter(
    (place) =>
      place.fingerprint === fingerprint.digest &&
      (wantedBase === undefined || place.base === wantedBase) &&
      !recorded.has(place.base),
  );
  for (const place of missed.slice(0, SHOWN)) {
    const id = shortSnapshotId(place.fingerprint, place.base, place.mark);
    const why = quarantineText(await readQuarantineReport(place));
    const message = `the snapshot ${id} is quarantined: ${why}; record ${place.base} again`;
    context.emit({ type: 'note', message });
  }
}

const SHOWN = 3;
