import type { DriverWord, MachineSettings } from '../builtins.ts';
import { AUTO_DRIVER } from '../core/names.ts';
import type { Emit } from '../core/events.ts';
import type { GraphEngine } from '../snapshot/engine.ts';
import type { RecordingDriversInput } from '../snapshot/recording-drivers.ts';
import type { PassedOver } from '../vmm/choose-driver.ts';
import type { VmmDriver } from '../vmm/driver.ts';

export interface SnapshotDriverInput {
  /** As the user typed it. */
  driver: DriverWord;
  bazel: string | undefined;
  settings: MachineSettings;
  engine: GraphEngine;
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal: AbortSignal;
  /** The snapshots whose drivers come first with `auto`. */
  recorded?: Omit<RecordingDriversInput, 'engine' | 'env'> | undefined;
}

export interface OpenSnapshotDriver {
  driver: VmmDriver;
  /** The same on another cache directory. */
  again: (env: Readonly<Record<string, string>>) => Promise<VmmDriver>;
  /** What reports say of the choice; empty where there was none. */
  report: { driver_passed_over?: readonly PassedOver[] };
}

/**
 * Loads the driver of record and consume that the user named; or with `auto` chooses one, and says why.
 * @throws DewarError DRIVER_UNAVAILABLE; as `recordingDrivers`
 */
export async function openSnapshotDriver(input: SnapshotDriverInput): Promise<OpenSnapshotDriver> {
  const { driver: word, bazel, settings, engine, env, emit } = input;
  const { loadDriver } = await import('../builtins.ts');
  if (word !== AUTO_DRIVER) {
    const load: OpenSnapshotDriver['again'] = (other) => loadDriver(word, engine, other, settings);
    return { driver: await load(env), again: load, report: {} };
  }
  const { snapshotCandidates } = await import('./driver-candidates.ts');
  const { chooseDriver, describeChoice } = await import('../vmm/choose-driver.ts');
  const choice = await chooseDriver({
    candidates: snapshotCandidates(engine, env, settings, bazel),
    preferred: await preferred(input),
    whyPreferred: 'it recorded the nearest snapshot',
  });
  emit({ type: 'note', message: describeChoice(choice) });
  return {
    driver: choice.driver,
    again: async (other) => {
      const same = snapshotCandidates(engine, other, settings, bazel).find(
        ({ name }) => name === choice.name,
      );
      return same === undefined ? choice.driver : await same.load();
    },
    report: { driver_passed_over: choice.passedOver },
  };
}

async function preferred({
  recorded,
  engine,
  env,
  signal,
}: SnapshotDriverInput): Promise<AsyncIterable<string> | undefined> {
  if (recorded === undefined) return undefined;
  const { recordingDrivers } = await import('../snapshot/recording-drivers.ts');
  return recordingDrivers({ ...recorded, engine: engine.name, env }, { signal });
}
