import { access } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { DewarError } from '../core/errors.ts';
import { AUTO_DRIVER } from '../core/names.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import type { DriverChoice } from '../vmm/choose-driver.ts';
import type { WorkspaceDriver } from '../vmm/workspace-driver.ts';
import type { Journal } from './journal.ts';
import type { StatePaths } from './state-paths.ts';
import type { WorkspaceContext } from './workspace-context.ts';

interface DiskOwner {
  journal: Pick<Journal, 'machine'>;
  paths: Pick<StatePaths, 'disk' | 'diskDriver'>;
}

/**
 * Finds the driver of a machine that is to be started: the one that is named, or by `auto` the one whose format the root disk
 * has, or where there is no disk the best that works here.
 * @throws DewarError DISK_OF_ANOTHER_DRIVER, DRIVER_UNAVAILABLE, NO_SUCH_DRIVER
 */
export async function driverForUp(
  wish: string,
  held: DiskOwner,
  context: Pick<WorkspaceContext, 'loadDriver' | 'chooseDriver'>,
): Promise<DriverChoice<WorkspaceDriver>> {
  const owner = await driverOfDisk(held);
  if (wish === AUTO_DRIVER)
    return owner === undefined ? await context.chooseDriver() : await ownDriver(owner, held, context);
  if (owner !== undefined && owner !== wish) throw ofAnotherDriver(owner, wish, held);
  return { name: wish, driver: await context.loadDriver(wish), because: 'it is named', passedOver: [] };
}

/** Writes down whose disk is begun: a journal may be lost. */
export async function noteDriverOfDisk(
  { disk, diskDriver }: DiskOwner['paths'],
  driver: string,
): Promise<void> {
  if (!(await exists(disk))) await writeFileAtomic(diskDriver, `${driver}\n`, { mode: 0o600 });
}

/** @returns undefined where there is no disk */
async function driverOfDisk({ journal, paths }: DiskOwner): Promise<string | undefined> {
  if (!(await exists(paths.disk))) return undefined;
  const written = (await readIfPresent(paths.diskDriver))?.toString('utf8').trim();
  // An older dewar wrote nothing down, and had no other.
  return written || (journal.machine?.driver ?? 'qemu');
}

async function ownDriver(
  name: string,
  { paths }: DiskOwner,
  context: Pick<WorkspaceContext, 'loadDriver'>,
): Promise<DriverChoice<WorkspaceDriver>> {
  const driver = await context.loadDriver(name);
  const probe = await driver.probe();
  if (probe.works) return { name, driver, because: `${paths.disk} has its format`, passedOver: [] };
  throw new DewarError({
    code: 'DRIVER_UNAVAILABLE',
    message: `${paths.disk} has the format of the driver ${name}, which does not work here: ${probe.why}`,
    mend: `${probe.mend}; or begin a new disk, with another driver: dewar reset, which drops what the machine has on it`,
  });
}

function ofAnotherDriver(owner: string, wish: string, { paths }: DiskOwner): DewarError {
  return new DewarError({
    code: 'DISK_OF_ANOTHER_DRIVER',
    message: `${paths.disk} has the format of the driver ${owner}, and ${wish} is what the machine shall run on`,
    mend: `go on with it: driver ${owner} or ${AUTO_DRIVER}; or begin a new disk: dewar reset, which drops what the machine has on it`,
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
