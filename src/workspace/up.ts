import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveEnv } from '../config/resolve/resolve-env.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import { AUTO_DRIVER } from '../core/names.ts';
import type { GuestImage } from '../vmm/guest-host.ts';
import { describeChoice } from '../vmm/choose-driver.ts';
import type { DriverChoice, PassedOver } from '../vmm/choose-driver.ts';
import type { WorkspaceDriver, WorkspaceMachine } from '../vmm/workspace-driver.ts';
import { assertDriverFits } from './assert-driver-fits.ts';
import { digestCode } from './check-config-trust.ts';
import { discardMachine } from './discard-machine.ts';
import { driverForUp, noteDriverOfDisk } from './driver-for-up.ts';
import { GUEST_USER } from './guest-user.ts';
import { guestHandle } from './guest-handle.ts';
import type { GuestConnections } from './guest-handle.ts';
import { holdMachine } from './hold-machine.ts';
import type { HeldMachine } from './hold-machine.ts';
import { injectCredentials } from './inject-credentials.ts';
import type { JournalMachine } from './journal.ts';
import { assertDiskOfImage } from './assert-disk-of-image.ts';
import { attachMounts } from './attach-mounts.ts';
import { machineName } from './machine-name.ts';
import { openSlot } from './open-slot.ts';
import type { OpenSlot } from './open-slot.ts';
import { deniedNames } from './network/denied-names.ts';
import { egressVariables, needsEgress, startEgress } from './network/start-egress.ts';
import { runHooks } from './run-hooks.ts';
import { runScripts } from './run-scripts.ts';
import { SCRIPT_LOGS } from './script-logs.ts';
import { standbysDirectory } from './standbys-directory.ts';
import { warmMachine } from './warm-machine.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';
import { workspaceKey } from './workspace-key.ts';

export interface UpOptions {
  /** Name of a machine beside the workspace's first. */
  fork?: string | undefined;
  /** Neither wakes from a saved machine nor saves one. */
  noSnapshot?: boolean;
}

export interface UpResult {
  name: string;
  workspace: string;
  /** `running`: it was up before. */
  how: 'booted' | 'thawed' | 'running';
  machine: string;
  driver: string;
  /** With the driver `auto`: those that would have been better. */
  passed_over: readonly PassedOver[];
  slot: number;
  pid: number;
  image: string;
  /** Milliseconds, without scripts and hooks. */
  ms: number;
  /** Names of what did not end well. */
  failed_scripts: readonly string[];
  /** The config that it runs with is not the one that is there now. */
  outdated: boolean;
}

const GIBIBYTE = 2 ** 30;

/**
 * Brings a workspace's machine up: makes what is missing, boots or wakes it, gives it its credentials and mounts, runs
 * scripts and hooks. A machine that is up stays as it is.
 * @throws DewarError SCRIPT_FAILED (the machine stays up); whatever keeps a machine from coming up, of which nothing is left then
 */
export async function up(
  config: ResolvedConfig,
  paths: StatePaths,
  options: UpOptions,
  context: WorkspaceContext,
): Promise<UpResult> {
  // What is wrong with them is known before anything starts.
  const secrets = resolveEnv(config, context.env);
  return await holdMachine(paths, context, async (held) => {
    const name = machineName(config, options.fork);
    if (held.journal.state === 'up' && held.journal.machine !== undefined) {
      const machine = { ...held.journal.machine, code: await digestCode(config.codeFiles) };
      // Whoever came so far trusts it.
      await held.note({ machine });
      const pid = await pidOf(await context.loadDriver(machine.driver), held);
      return describe(machine, 'running', { name, config, pid, ms: 0 });
    }
    const choice = await chooseDriver(config, held, context);
    const { driver } = choice;
    await runHooks('preUp', config, undefined, context);
    const start = performance.now();
    const image = await context.ensureImage(config);
    await assertDiskOfImage(held, image.id);
    await noteDriverOfDisk(paths, driver.name);
    const machine = await bringUp({ config, paths, name, options, secrets, held, driver, image }, context);
    const ms = performance.now() - start;
    try {
      const guest = { root: machine.ssh, user: await driver.connect(machine.id, GUEST_USER, context) };
      await provision(config, guest, held, paths, context);
    } catch (error) {
      await giveUp(machine, held, driver, context);
      throw error;
    }
    await machine.letGo();
    const { machine: noted } = held.journal;
    if (noted === undefined) throw new TypeError('a machine that is up has no journal');
    return describe(noted, noted.how ?? 'booted', { name, config, pid: machine.pid, ms, choice });
  });
}

/** What is wrong with it is known before anything starts. */
async function chooseDriver(
  config: ResolvedConfig,
  held: HeldMachine,
  context: WorkspaceContext,
): Promise<DriverChoice<WorkspaceDriver>> {
  const choice = await driverForUp(config.driver, held, context);
  if (config.driver === AUTO_DRIVER) context.emit({ type: 'note', message: describeChoice(choice) });
  await assertDriverFits(choice.driver, config, context);
  return choice;
}

interface Making {
  config: ResolvedConfig;
  paths: StatePaths;
  name: string;
  options: UpOptions;
  secrets: Readonly<Record<string, string>>;
  held: HeldMachine;
  driver: WorkspaceDriver;
  image: GuestImage;
}

/** By default a machine has all that the host has, which is more than some VMMs give to one. */
function cpusOf({ config, driver }: Pick<Making, 'config' | 'driver'>): number {
  return Math.min(config.resources.vcpus, driver.capabilities.mostCpus ?? Infinity);
}

/** Until it is up, a machine that fails is nobody's, and goes. */
async function bringUp(making: Making, context: WorkspaceContext): Promise<WorkspaceMachine> {
  const { config, paths, name, options, held, driver, image } = making;
  const id = driver.newId();
  const holder = {
    state: paths.directory,
    workspace: config.directory,
    name,
    machine: id,
    driver: driver.name,
  };
  const slot = await openSlot(config, { holder, driver, paths }, context);
  const hasProxy = slot.tap === undefined && needsEgress(config);
  // What the user says counts.
  const variables = { ...(hasProxy ? egressVariables() : {}), ...making.secrets };
  let machine: WorkspaceMachine | undefined;
  try {
    await held.note({ machine: await entry(making, id, slot), mounts: [] }, 'start');
    context.emit({ type: 'phase', phase: 'start', message: `starting ${name}` });
    const begun = performance.now();
    const started = await driver.start(
      {
        id,
        image,
        cpus: cpusOf(making),
        memoryMiB: config.resources.memoryMB,
        diskSize: config.resources.diskGB * GIBIBYTE,
        overlay: paths.disk,
        holds: slot.holds,
        network: slot.network,
        hostname: name,
        standbys: options.noSnapshot === true ? undefined : standbysDirectory(context.env),
        credentials: async (waiting) => {
          const key = await workspaceKey(paths.ssh, `dewar-${config.name}`);
          await injectCredentials(waiting, { env: variables, ...key }, id, context);
        },
      },
      context,
    );
    context.emit({ type: 'phase-done', phase: 'start', ms: performance.now() - begun });
    machine = started.machine;
    const { machine: noted } = held.journal;
    await held.note({ machine: noted && { ...noted, how: started.how } });
    if (hasProxy) await startEgress(machine, config, context);
    await attachMounts(machine, config, held, context);
    // The machine has it.
    await slot.letGo();
    return machine;
  } catch (error) {
    // Else it would not be cleared.
    await slot.letGo();
    const isMount = error instanceof DewarError && error.code === 'MOUNT_FAILED';
    // What is wrong is in the guest, and can be mended only there.
    if (isMount && machine !== undefined) await held.note({}, 'started');
    await giveUp(machine, held, driver, context);
    throw isMount ? withoutMounts(error) : error;
  }
}

function withoutMounts(cause: DewarError): DewarError {
  return new DewarError({
    code: cause.code,
    message: `${cause.message}; the machine is up without that and later mounts, and no script has run`,
    mend: 'look what is there: dewar shell; then: dewar down, dewar up',
    cause,
  });
}

/** Ends a machine that has not come up. One that is up is left to later commands. */
async function giveUp(
  machine: WorkspaceMachine | undefined,
  held: HeldMachine,
  driver: WorkspaceDriver,
  context: WorkspaceContext,
): Promise<void> {
  // Its locks are needed to end it.
  await machine?.letGo();
  if (held.journal.state === 'up') return;
  await discardMachine(held, driver, context);
  if (held.journal.state === 'starting') await held.note({ mounts: [] }, 'failed');
}

async function entry(making: Making, id: string, slot: OpenSlot): Promise<JournalMachine> {
  const { config, paths, driver, image } = making;
  const disk = await stat(paths.disk).catch(() => undefined);
  return {
    id,
    driver: driver.name,
    slot: slot.number,
    since: Date.now(),
    newDisk: disk === undefined,
    how: undefined,
    vcpus: cpusOf(making),
    memoryMB: config.resources.memoryMB,
    network: config.network.mode,
    tap: slot.tap,
    image: image.id,
    machineDigest: config.machineDigest,
    code: await digestCode(config.codeFiles),
    failedScripts: [],
  };
}

/** @throws DewarError SCRIPT_FAILED */
async function provision(
  config: ResolvedConfig,
  guest: GuestConnections,
  held: HeldMachine,
  paths: StatePaths,
  context: WorkspaceContext,
): Promise<void> {
  const { emit, signal } = context;
  const logs = join(paths.logs, SCRIPT_LOGS);
  const failures = await runScripts(config.scripts, guest, { config, logs, emit, signal });
  const { machine } = held.journal;
  const failedScripts = failures.map(({ name }) => name);
  const failure = failures.find(({ origin }) => origin === 'user');
  await held.note({ machine: machine && { ...machine, failedScripts } }, 'started');
  if (failure !== undefined)
    throw new DewarError({
      code: 'SCRIPT_FAILED',
      message: `the script ${failure.name} failed: ${failure.why}; the machine is up, later scripts and hooks did not run`,
      mend: `read ${failure.log}; look into the machine with dewar shell; then: dewar down, dewar up${machine === undefined ? '' : await deniedNames(machine, context)}`,
    });
  await runHooks('postUp', config, guestHandle(guest, signal), context, (plugin) =>
    warmMachine({ config, paths, root: guest.root }, plugin, {}, context),
  );
}

async function pidOf(driver: WorkspaceDriver, { journal }: HeldMachine): Promise<number> {
  return (journal.machine && (await driver.find(journal.machine.id)))?.pid ?? 0;
}

interface Described {
  name: string;
  config: ResolvedConfig;
  pid: number;
  ms: number;
  choice?: DriverChoice<WorkspaceDriver>;
}

function describe(
  machine: JournalMachine,
  how: UpResult['how'],
  { name, config, pid, ms, choice }: Described,
): UpResult {
  return {
    name,
    workspace: config.directory,
    how,
    machine: machine.id,
    driver: machine.driver,
    passed_over: choice?.passedOver ?? [],
    slot: machine.slot,
    pid,
    image: machine.image,
    ms: Math.round(ms),
    failed_scripts: machine.failedScripts,
    outdated: machine.machineDigest !== config.machineDigest || isOfAnotherDriver(machine, config),
  };
}

/** As with `up --driver`, which the digest does not know. */
function isOfAnotherDriver({ driver }: JournalMachine, config: ResolvedConfig): boolean {
  return config.driver !== AUTO_DRIVER && config.driver !== driver;
}
