import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { STORE_NAMES } from '../core/names.ts';
import { syncDirectory, writeDurably } from '../platform/durable-files.ts';
import type { DriverContext, VmmDriver } from '../vmm/driver.ts';
import { checkBundle } from './check-bundle.ts';
import type { ChosenBundle } from './consumption.ts';
import type { QuarantineReport } from './quarantine-report.ts';
import { openBundleWriter } from './store-write.ts';
import type { BaseHashesReport, QuarantineOutcome, TierReport } from './verify-report.ts';

/** A wrong answer. */
export interface Finding {
  chosen: ChosenBundle;
  /** One line for people. */
  summary: string;
  foundBy: QuarantineReport['found_by'];
  target: string;
  tiers: readonly TierReport[];
  baseHashes: BaseHashesReport;
  toolVersion: string;
}

/**
 * Takes a bundle whose answer was wrong out of use: one rename, so that whoever is killed leaves it used or not, and then
 * the report. A bundle that was recorded anew meanwhile is left alone. What fails is a warning: the store may be
 * read-only.
 * @throws DewarError INTERRUPTED
 */
export async function quarantine(
  store: string,
  finding: Finding,
  driver: VmmDriver,
  context: DriverContext,
): Promise<QuarantineOutcome> {
  const { place, manifest } = finding.chosen;
  const { fingerprint, base } = place;
  const onWait = (): void =>
    context.emit({ type: 'note', message: `a record of ${base} is at work: waiting` });
  try {
    let directory: string;
    {
      await using writer = await openBundleWriter(store, fingerprint, base, {
        signal: context.signal,
        onWait,
      });
      const now = await checkBundle(writer.place, 'sizes');
      if (!now.complete || !isDeepStrictEqual(now.manifest, manifest))
        return { directory: null, why: 'it is gone, or was recorded anew' };
      directory = await writer.setAside();
      await writeReport(directory, reportOf(finding, driver.name), context);
    }
    context.emit({ type: 'note', message: `the snapshot is quarantined in ${directory}` });
    await driver.forget(place, context);
    return { directory };
  } catch (error) {
    if (context.signal?.aborted === true) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const message = `${place.directory} could not be taken out of use: ${why}; remove it, or it will be used again`;
    context.emit({ type: 'warning', code: 'QUARANTINE_FAILED', message });
    return { directory: null, why };
  }
}

function reportOf(
  { chosen: { place, manifest }, summary, foundBy, target, tiers, baseHashes, toolVersion }: Finding,
  driver: string,
): QuarantineReport {
  return {
    format: 1,
    summary,
    quarantined_at: new Date().toISOString(),
    tool_version: toolVersion,
    found_by: foundBy,
    fingerprint: place.fingerprint,
    base_sha: place.base,
    target_sha: target,
    driver,
    recorded: { at: manifest.created_at, tool_version: manifest.tool_version },
    tiers,
    base_hashes: baseHashes,
  };
}

async function writeReport(
  directory: string,
  report: QuarantineReport,
  { emit }: DriverContext,
): Promise<void> {
  const path = join(directory, STORE_NAMES.quarantineReport);
  try {
    await writeDurably(path, `${JSON.stringify(report, null, 2)}\n`);
    await syncDirectory(directory);
  } catch (error) {
    const message = `${path} could not be written: ${error instanceof Error ? error.message : String(error)}`;
    emit({ type: 'warning', code: 'QUARANTINE_FAILED', message });
  }
}
