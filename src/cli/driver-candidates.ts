import { openDriver, loadEngine, loadWorkspaceDriver, examineVmm } from '../builtins.ts';
import type { DriverName, MachineSettings, VmmDriverName } from '../builtins.ts';
import { DewarError } from '../core/errors.ts';
import type { GraphEngine } from '../snapshot/engine.ts';
import { chooseDriver } from '../vmm/choose-driver.ts';
import type { Candidate, DriverChoice } from '../vmm/choose-driver.ts';
import type { ExaminedDriver } from '../vmm/driver-examination.ts';
import type { VmmDriver } from '../vmm/driver.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';

type Env = Readonly<Record<string, string>>;

/** Best first; why this order: docs/decisions/023-the-best-driver.md. */
const BEST_FOR_SNAPSHOTS = [
  'firecracker',
  'cloud-hypervisor',
  'qemu',
  'local',
] as const satisfies readonly DriverName[];
const BEST_FOR_WORKSPACES = [
  'cloud-hypervisor',
  'qemu',
  'firecracker',
] as const satisfies readonly VmmDriverName[];

/**
 * Drivers of snapshots for `auto`, the best first, each with what it needs beside itself.
 * @param bazel as `--bazel` names it
 */
export function snapshotCandidates(
  engine: GraphEngine,
  env: Env,
  settings: MachineSettings,
  bazel?: string,
): Candidate<VmmDriver>[] {
  return BEST_FOR_SNAPSHOTS.map((name) => ({
    name,
    load: () => openDriver(name, engine, env, settings),
    check: async (driver) => {
      if (driver.capabilities.network === 'host') await assertRunsHere(settings, env, bazel);
      // That there is an image.
      else await driver.place?.({ emit: () => undefined });
      await assertNetwork(driver, env);
    },
  }));
}

/** @throws DewarError DRIVER_UNAVAILABLE when no driver of workspaces works on this host */
export async function chooseWorkspaceDriver(env: Env): Promise<DriverChoice<WorkspaceDriver>> {
  return chooseDriver({
    candidates: BEST_FOR_WORKSPACES.map((name) => ({
      name,
      load: () => loadWorkspaceDriver(name, env),
      check: (driver) => assertNetwork(driver, env),
    })),
  });
}

/** @returns all drivers with VMMs, the best for workspaces first */
export async function examineDrivers(env: Env): Promise<ExaminedDriver[]> {
  const engine = await loadEngine();
  return Promise.all(
    BEST_FOR_WORKSPACES.map(async (name) => ({
      name,
      examination: await examineVmm(name, env),
      capabilities: {
        workspaces: (await loadWorkspaceDriver(name, env)).capabilities,
        snapshots: (await openDriver(name, engine, env)).capabilities,
      },
    })),
  );
}

async function assertNetwork(
  { name, capabilities }: Pick<VmmDriver, 'name' | 'capabilities'>,
  env: Env,
): Promise<void> {
  if (capabilities.network !== 'tap') return;
  const { requireNetworkAccess } = await import('../network/require-network-access.ts');
  await requireNetworkAccess(name, { env });
}

/** A machine that was asked for is none that this host may stand in for. */
async function assertRunsHere(settings: MachineSettings, env: Env, bazel = 'bazel'): Promise<void> {
  const asked = Object.values(settings).some((value) => value !== undefined);
  const { findProgram } = await import('../platform/find-program.ts');
  const isThere = bazel.includes('/') || (await findProgram(bazel, env['PATH'] ?? '')) !== undefined;
  if (isThere && !asked) return;
  throw new DewarError({
    code: 'DRIVER_UNAVAILABLE',
    message: asked
      ? 'options of machines are given, which this host is not'
      : `${bazel} is not on PATH, and Bazel would run on this host`,
    mend: asked ? 'leave them out' : 'install Bazel, or name it by --bazel',
  });
}
