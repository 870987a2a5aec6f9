import type { Plugin } from './config/workspace-config.ts';
import { DewarError } from './core/errors.ts';
import { AUTO_DRIVER } from './core/names.ts';
import type { why } from './plugins/bazel/why.ts';
import type { drawImpact } from './plugins/bazel/draw-impact.ts';
import type { WorkTreeInput, WriteWorkTreeIndex } from './plugins/bazel/work-tree-index.ts';
import type { GraphEngine } from './snapshot/engine.ts';
import type { DriverExamination, VmmExamination } from './vmm/driver-examination.ts';
import type { DriverContext, VmmDriver } from './vmm/driver.ts';
import type { GuestHost } from './vmm/guest-host.ts';
import type { MachineImage } from './vmm/machine/machine-image.ts';
import type { GuestIntroduction } from './vmm/machine/machine-workspace-driver.ts';
import type { VirtualMachine } from './vmm/machine/virtual-machine.ts';
import type { OwnGuestFlags } from './vmm/firecracker/own-guest/own-guest.ts';
import type { OpenTap } from './vmm/tap-source.ts';
import type { WorkspaceDriver } from './vmm/workspace-driver.ts';

/** The one place that names every concrete engine and driver. Each is loaded when it is asked for. */
export const DRIVER_NAMES = ['local', 'qemu', 'firecracker', 'cloud-hypervisor'] as const;
export type DriverName = (typeof DRIVER_NAMES)[number];
export const DEFAULT_DRIVER: DriverName = 'local';

/** What users may name. */
export const DRIVER_WORDS = ['auto', 'local', 'qemu', 'firecracker', 'cloud-hypervisor'] as const;
export type DriverWord = (typeof DRIVER_WORDS)[number];

/** Plugins of workspaces that configs take by their names. */
const PLUGINS = {
  aws: () => import('./plugins/aws/plugin.ts'),
  bazel: () => import('./plugins/bazel/plugin.ts'),
  cargo: () => import('./plugins/cargo/plugin.ts'),
  'claude-code': () => import('./plugins/claude-code/plugin.ts'),
  go: () => import('./plugins/go/plugin.ts'),
  gradle: () => import('./plugins/gradle/plugin.ts'),
  maven: () => import('./plugins/maven/plugin.ts'),
  node: () => import('./plugins/node/plugin.ts'),
  python: () => import('./plugins/python/plugin.ts'),
  'scala-sbt': () => import('./plugins/scala-sbt/plugin.ts'),
} satisfies Record<string, () => Promise<{ plugin: Plugin }>>;

export const PLUGIN_NAMES: readonly string[] = Object.keys(PLUGINS);

/** @returns the built-in plugin of that name; undefined when there is none */
export async function findPlugin(name: string): Promise<Plugin | undefined> {
  if (!isPluginName(name)) return undefined;
  return (await PLUGINS[name]()).plugin;
}

function isPluginName(name: string): name is keyof typeof PLUGINS {
  return Object.hasOwn(PLUGINS, name);
}

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
  settings: MachineSettings = {},
): Promise<VmmDriver> {
  const driver = await openDriver(name, engine, env, settings);
  const probe = await driver.probe();
  if (probe.works) return driver;
  throw new DewarError({
    code: 'DRIVER_UNAVAILABLE',
    message: `the driver ${name} does not work here: ${probe.why}`,
    mend: probe.mend,
  });
}

/** @returns a driver, whether it works here or not */
export function openDriver(
  name: DriverName,
  engine: GraphEngine,
  env: Readonly<Record<string, string>>,
  settings: MachineSettings = {},
): Promise<VmmDriver> {
  return DRIVERS[name](engine, env, settings);
}

/** @returns every driver, whether it works here or not: for clean-up */
export function loadAllDrivers(
  engine: GraphEngine,
  env: Readonly<Record<string, string>>,
): Promise<VmmDriver[]> {
  return Promise.all(DRIVER_NAMES.map((name) => DRIVERS[name](engine, env, {})));
}

/**
 * Single machines, for measurements and the demo.
 * @param root where they live; absolute
 * @throws DewarError QEMU_MISSING, QEMU_TOO_OLD, QEMU_BROKEN, BAD_ENV, INTERRUPTED
 */
export async function openGuestHost(
  env: Readonly<Record<string, string>>,
  root: string,
  context: DriverContext,
): Promise<GuestHost> {
  const { qemuGuestHost } = await import('./vmm/qemu/qemu-guest-host.ts');
  return qemuGuestHost({ env, root, refresh: refreshGuest }, context);
}

/** What machines are made of; each part has a default. */
export interface MachineSettings {
  /** A profile, or the beginning of an image's id. */
  image?: string | undefined;
  vcpus?: number | undefined;
  memoryMiB?: number | undefined;
  diskGiB?: number | undefined;
  network?: 'open' | 'off' | undefined;
  /** Path or name of Firecracker. */
  firecracker?: string | undefined;
  /** In the place of an image and a network. */
  ownGuest?: OwnGuestFlags | undefined;
}

/** Drivers whose machines have a VMM; all of them run workspaces. */
export const VMM_DRIVERS = ['qemu', 'cloud-hypervisor', 'firecracker'] as const;
export type VmmDriverName = (typeof VMM_DRIVERS)[number];
/** What configs may name. */
export const WORKSPACE_DRIVERS: readonly string[] = [AUTO_DRIVER, ...VMM_DRIVERS];

/** @throws DewarError NO_SUCH_DRIVER */
export async function loadWorkspaceDriver(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<WorkspaceDriver> {
  const found = VMM_DRIVERS.find((known) => known === name);
  if (found !== undefined) return await WORKSPACE_LOADERS[found]({ env, ...INTRODUCTION });
  throw new DewarError({
    code: 'NO_SUCH_DRIVER',
    message: `no driver ${JSON.stringify(name)} runs workspaces`,
    mend: `use one of: ${VMM_DRIVERS.join(', ')}`,
  });
}

type WorkspaceOptions = GuestIntroduction & { env: Readonly<Record<string, string>> };

const WORKSPACE_LOADERS: Record<VmmDriverName, (options: WorkspaceOptions) => Promise<WorkspaceDriver>> = {
  qemu: async (options) => (await import('./vmm/qemu/qemu-workspace-driver.ts')).qemuWorkspaceDriver(options),
  'cloud-hypervisor': async (options) =>
    (
      await import('./vmm/cloud-hypervisor/cloud-hypervisor-workspace-driver.ts')
    ).cloudHypervisorWorkspaceDriver(options),
  firecracker: async (options) =>
    (await import('./vmm/firecracker/firecracker-workspace-driver.ts')).firecrackerWorkspaceDriver(options),
};

const INTRODUCTION: GuestIntroduction = {
  async refresh(guest, hostname, { signal }) {
    const { refreshIdentity } = await import('./guest/refresh-clone.ts');
    await refreshIdentity(guest.agent, { hostname, signal });
  },
  async rename(guest, hostname, { emit, signal }) {
    const { setHostName } = await import('./guest/set-host-name.ts');
    const why = await setHostName(guest.agent, hostname, { signal });
    if (why !== undefined)
      emit({ type: 'note', message: `the guest has not taken the name ${hostname}: ${why}` });
  },
  async address(guest, network, { signal }) {
    const { setAddress } = await import('./guest/set-address.ts');
    await setAddress(guest.agent, network, { signal });
  },
};

/** @returns what the VMM of a driver finds on this host */
export async function examineVmm(
  name: VmmDriverName,
  env: Readonly<Record<string, string>>,
): Promise<VmmExamination> {
  return await EXAMINATIONS[name](env);
}

const EXAMINATIONS: Record<
  VmmDriverName,
  (env: Readonly<Record<string, string>>) => Promise<VmmExamination>
> = {
  qemu: examineDriver,
  'cloud-hypervisor': async (env) =>
    (await import('./vmm/cloud-hypervisor/examine-cloud-hypervisor.ts')).examineCloudHypervisor(env),
  firecracker: async (env) =>
    (await import('./vmm/firecracker/examine-firecracker.ts')).examineFirecracker(env),
};

/** @returns what the driver whose machines need nothing but its program finds on this host */
export async function examineDriver(env: Readonly<Record<string, string>>): Promise<DriverExamination> {
  return (await import('./vmm/qemu/examine-qemu.ts')).examineQemu(env);
}

type Load = (
  engine: GraphEngine,
  env: Readonly<Record<string, string>>,
  settings: MachineSettings,
) => Promise<VmmDriver>;

const DRIVERS: Record<DriverName, Load> = {
  local: async (servers, env) => (await import('./vmm/local/local-driver.ts')).localDriver({ servers, env }),
  qemu: async (_, env, settings) =>
    (await import('./vmm/qemu/qemu-driver.ts')).qemuDriver(await machineOptions(env, settings)),
  'cloud-hypervisor': async (_, env, settings) =>
    (await import('./vmm/cloud-hypervisor/cloud-hypervisor-driver.ts')).cloudHypervisorDriver(
      await tapOptions('cloud-hypervisor', env, settings),
    ),
  firecracker: (_, env, settings) => loadFirecracker(env, settings),
};

async function loadFirecracker(
  env: Readonly<Record<string, string>>,
  settings: MachineSettings,
): Promise<VmmDriver> {
  const { withFirecracker } = await import('./vmm/firecracker/host/with-firecracker.ts');
  const ownEnv = await withFirecracker(env, settings.firecracker);
  if (settings.ownGuest !== undefined) {
    const { ownGuestDriver } = await import('./vmm/firecracker/own-guest/own-guest-driver.ts');
    return ownGuestDriver({ env: ownEnv, flags: settings.ownGuest, refresh: refreshGuest });
  }
  const { firecrackerDriver } = await import('./vmm/firecracker/firecracker-driver.ts');
  const { MOST_CPUS } = await import('./vmm/firecracker/plan/plan-boot.ts');
  const { cpus, ...options } = await tapOptions('firecracker', ownEnv, settings);
  // More than there can be are an error where somebody asked for them.
  const fitting = settings.vcpus === undefined ? Math.min(cpus, MOST_CPUS) : cpus;
  return firecrackerDriver({ ...options, cpus: fitting });
}

/** The same for machines that have no network but a TAP. */
async function tapOptions(
  name: VmmDriverName,
  env: Readonly<Record<string, string>>,
  settings: MachineSettings,
): Promise<MachineOptions & { openTap: OpenTap; address: GuestIntroduction['address'] }> {
  const { tapSource } = await import('./network/tap-source.ts');
  const { address } = INTRODUCTION;
  return { ...(await machineOptions(env, settings)), openTap: tapSource(name, env), address };
}

const DEFAULT_IMAGE = 'bazel';
const DEFAULT_DISK_GIB = 16;
const GIBIBYTE = 2 ** 30;
const MEBIBYTE = 2 ** 20;
const LEAST_MEMORY_MIB = 2048;

/** What drivers make machines of. */
interface MachineOptions {
  env: Readonly<Record<string, string>>;
  image(): Promise<MachineImage>;
  refresh(machine: VirtualMachine, context: DriverContext): Promise<void>;
  cpus: number;
  memoryMiB: number;
  diskSize: number;
  network: 'open' | 'off';
}

async function machineOptions(
  env: Readonly<Record<string, string>>,
  { image = DEFAULT_IMAGE, vcpus, memoryMiB, diskGiB = DEFAULT_DISK_GIB, network = 'off' }: MachineSettings,
): Promise<MachineOptions> {
  const [{ findImage }, { openImage }, { cacheDirectory }, os] = await Promise.all([
    import('./image/store/find-image.ts'),
    import('./image/store/open-image.ts'),
    import('./platform/cache-directory.ts'),
    import('node:os'),
  ]);
  const cache = cacheDirectory(env);
  return {
    env,
    async image() {
      const { id } = await findImage(cache, image);
      const found = await openImage(cache, id, 'sizes');
      if (found !== undefined) return found;
      throw new DewarError({
        code: 'IMAGE_MISSING',
        message: `the image ${id} was removed just now`,
        mend: 'build it again: dewar image build',
      });
    },
    refresh: refreshGuest,
    cpus: vcpus ?? os.availableParallelism(),
    memoryMiB: memoryMiB ?? Math.max(LEAST_MEMORY_MIB, Math.floor(os.totalmem() / MEBIBYTE / 2)),
    diskSize: diskGiB * GIBIBYTE,
    network,
  };
}

async function refreshGuest(machine: VirtualMachine, { signal }: DriverContext): Promise<void> {
  const { refreshClone } = await import('./guest/refresh-clone.ts');
  await refreshClone(machine, { hostname: `dewar-${machine.id.slice(0, 8)}`, signal });
}
