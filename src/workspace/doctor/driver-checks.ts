import { DewarError } from '../../core/errors.ts';
import { findNetworkAccess } from '../../network/find-network-access.ts';
import { describeChoice } from '../../vmm/choose-driver.ts';
import type { ExaminedDriver } from '../../vmm/driver-examination.ts';
import type { AutoChoice, Check, DoctorContext, Finding } from './check.ts';
import { findingOfError } from './finding-of-error.ts';
import { judgeDriver } from './judge-driver.ts';
import { judgeJail } from './judge-jail.ts';
import type { SeenDriver } from './judge-driver.ts';

/** Each boots something, twice where the host is busy. */
const PROBE_DEADLINE_MS = 180_000;

/** What each driver with a VMM finds here, and what `auto` is. */
export const DRIVER_CHECKS: readonly Check[] = [
  {
    id: 'drivers',
    group: 'drivers',
    title: 'drivers',
    deadlineMs: PROBE_DEADLINE_MS,
    async run(context) {
      return Promise.all(context.drivers.map((driver) => examine(driver, context)));
    },
  },
  {
    id: 'driver-jails',
    group: 'drivers',
    title: 'jails of drivers',
    async run({ drivers }) {
      return (await Promise.all(drivers.map(jailOf))).flat();
    },
  },
  {
    id: 'driver-auto',
    group: 'drivers',
    title: 'driver auto',
    deadlineMs: PROBE_DEADLINE_MS,
    async run({ choices, drivers, signal }) {
      // What they find is kept, so that nothing is tried twice at a time.
      await Promise.allSettled(drivers.map(({ examination }) => examination.acceleration(signal)));
      return (await choices()).map(findingOfChoice);
    },
  },
];

async function examine(driver: ExaminedDriver, { env, signal }: DoctorContext): Promise<Finding> {
  const { name, examination } = driver;
  let seen: SeenDriver;
  try {
    const program = await examination.program();
    const access = await findNetworkAccess(env, signal);
    seen = {
      program,
      acceleration: await examination.acceleration(signal).catch(failed),
      noTap: 'why' in access ? access : undefined,
    };
  } catch (error) {
    // One driver is enough: `dewar setup` installs none for this.
    const { packages: _, ...finding } = findingOfError(error, 'note');
    return { title: name, ...finding };
  }
  return { title: name, ...judgeDriver(driver, seen) };
}

async function jailOf({ name, examination }: ExaminedDriver): Promise<Finding[]> {
  const title = `jail of ${name}`;
  try {
    // A driver whose program is not there has said so already.
    if (examination.jail === undefined || !(await isThere(examination))) return [];
    const jail = await examination.jail();
    return jail === undefined ? [] : [{ title, ...judgeJail(name, jail) }];
  } catch (error) {
    return [{ title, ...findingOfError(error, 'warning') }];
  }
}

function isThere(examination: ExaminedDriver['examination']): Promise<boolean> {
  return examination.program().then(
    () => true,
    () => false,
  );
}

function failed(error: unknown): Extract<SeenDriver['acceleration'], { failed: unknown }> {
  if (!(error instanceof DewarError)) throw error;
  return { failed: { message: error.message, mend: error.mend } };
}

function findingOfChoice({ what, choice }: AutoChoice): Finding {
  if ('error' in choice) {
    const finding = findingOfError(choice.error, 'note');
    return { ...finding, message: `${what}: ${finding.message}` };
  }
  return { level: 'note', message: `${what}: ${describeChoice(choice)}` };
}
