import { DewarError } from './core/errors.ts';
import type { why } from './plugins/bazel/why.ts';
import type { drawImpact } from './plugins/bazel/draw-impact.ts';
import type { WorkTreeInput, WriteWorkTreeIndex } from './plugins/bazel/work-tree-index.ts';
import type { GraphEngine } from './snapshot/engine.ts';
import type { VmmDriver } from './vmm/driver.ts';

/** The one place that names every concrete engine and driver. Each is loaded when it is asked for. */
export const DRIVER_NAMES = ['local'] as const;
export type DriverName = (typeof DRIVER_NAMES)[number];
export const DEFAULT_DRIVER: DriverName = 'local';

/** @throws DewarError GRAPH_INDEX_IMPOSSIBLE, OUTPUT_NOT_WRITABLE */
export async function openWorkTreeIndex(input: WorkTreeInput): Promise<WriteWorkTreeIndex> {
  return (await import('./plugins/bazel/work-tree-index.ts')).openWorkTreeIndex(input);
}

export async function loadEngine(): Promise<GraphEngine> {
  return (await import('./plugins/bazel/engine.ts')).bazelGraphEngine;
}

/** What explains the impact of commits. */
export interface Explainer {
  why: typeof why;
  drawImpact: typeof drawImpact;
}

export async function loadExplainer(): Promise<Explainer> {
  const [{ why: explain }, { drawImpact: draw }] = await Promise.all([
    import('./plugins/bazel/why.ts'),
    import('./plugins/bazel/draw-impact.ts'),
  ]);
  return { why: explain, drawImpact: draw };
}

/** @throws DewarError DRIVER_UNAVAILABLE when the driver does not work on this host */
export async function loadDriver(
  name: DriverName,
  engine: GraphEngine,
  env: Readonly<Record<string, string>>,
): Promise<VmmDriver> {
  const driver = await DRIVERS[name](engine, env);
  const probe = await driver.probe();
  if (probe.works) return driver;
  throw new DewarError({
    code: 'DRIVER_UNAVAILABLE',
    message: `the driver ${name} does not work here: ${probe.why}`,
    mend: 'install what it needs (for local: git)',
  });
}

/** @returns every driver, whether it works here or not: for clean-up */
export function loadAllDrivers(
  engine: GraphEngine,
  env: Readonly<Record<string, string>>,
): Promise<VmmDriver[]> {
  return Promise.all(DRIVER_NAMES.map((name) => DRIVERS[name](engine, env)));
}

type Load = (engine: GraphEngine, env: Readonly<Record<string, string>>) => Promise<VmmDriver>;

const DRIVERS: Record<DriverName, Load> = {
  local: async (servers, env) => (await import('./vmm/local/local-driver.ts')).localDriver({ servers, env }),
};
