import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDriver } from '../../../src/builtins.ts';
import { consume } from '../../../src/snapshot/consume.ts';
import type { GraphEngine } from '../../../src/snapshot/engine.ts';
import { record } from '../../../src/snapshot/record.ts';
import { removeSnapshots } from '../../../src/snapshot/remove-snapshots.ts';
import type { ConsumeReport } from '../../../src/snapshot/report.ts';
import { scanStore } from '../../../src/snapshot/store-scan.ts';
import type { RunContext } from '../../../src/snapshot/commit-view.ts';
import { GIT_TEST_ENV } from '../git-repository.ts';
import { readLines } from './read-lines.ts';

/** record and consume with some flags. */
export interface SnapshotTiers {
  /** Forgets the snapshot before. */
  record(base: string): Promise<void>;
  /** @returns the report, and the impacted targets, sorted; undefined when no tier that was allowed answered */
  ask(
    base: string,
    target: string,
    tiers: 'warm' | 'cold',
  ): Promise<{ report: ConsumeReport; impacted: string[] | undefined; notes: string[] }>;
}

/** record and consume of one repository, in this process, with a store that holds one snapshot at a time. */
export async function snapshotTiers(
  workspace: string,
  directory: string,
  { engine, program, signal }: { engine: GraphEngine; program: string; signal: AbortSignal },
): Promise<{ with(flags: readonly string[]): SnapshotTiers } & AsyncDisposable> {
  const env = { ...GIT_TEST_ENV, DEWAR_CACHE_DIR: join(directory, 'cache') };
  const store = join(directory, 'store');
  const out = join(directory, 'consume-out');
  const driver = await loadDriver('local', engine, env);
  let notes: string[] = [];
  const context: RunContext = {
    signal,
    emit: (event) => {
      if ('message' in event && event.type !== 'phase') notes.push(event.message);
    },
  };
  const forget = async (): Promise<void> =>
    removeSnapshots(store, (await scanStore(store)).bundles, [driver], context);
  return {
    with(flags) {
      const settings = { workspace, store, program, flags, extraEnv: [], env, deadlineMs: 300_000 };
      return {
        async record(base) {
          await forget();
          await record({ ...settings, base, force: false, toolVersion: 'test' }, { engine, driver }, context);
        },
        async ask(base, target, tiers) {
          await rm(out, { force: true });
          notes = [];
          const how =
            tiers === 'cold'
              ? ({ fallback: 'cold', cheapestTier: 'cold' } as const)
              : ({ fallback: 'exit', cheapestTier: 'graph' } as const);
          const report = await consume(
            { ...settings, ...how, base, target, out },
            { engine, driver },
            context,
          );
          return { report, impacted: report.tier === null ? undefined : await readLines(out), notes };
        },
      };
    },
    [Symbol.asyncDispose]: forget,
  };
}
