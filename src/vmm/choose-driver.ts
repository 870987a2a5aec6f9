import { DewarError } from '../core/errors.ts';
import type { DriverProbe } from './driver.ts';

/** A driver that may be taken. */
export interface Candidate<D extends ProbedDriver> {
  name: string;
  load: () => Promise<D>;
  /**
   * Looks at what is needed beside the driver, such as an image.
   * @throws DewarError for what is not there
   */
  check?: ((driver: D) => Promise<void>) | undefined;
}

interface ProbedDriver {
  probe(): Promise<DriverProbe>;
}

export interface DriverWish<D extends ProbedDriver> {
  /** Best first. */
  candidates: readonly Candidate<D>[];
  /** Names that come before all others, in this order, and also where their guests are emulated. */
  preferred?: AsyncIterable<string> | undefined;
  /** What the preferred ones have. */
  whyPreferred?: string;
}

export interface DriverChoice<D> {
  name: string;
  driver: D;
  /** For people. */
  because: string;
  /** Those that would have been better. */
  passedOver: PassedOver[];
}

export interface PassedOver {
  driver: string;
  why: string;
  mend: string;
}

/**
 * Takes the best driver that works here. One that emulates its guests comes after all that do not, whatever its rank.
 * @throws DewarError DRIVER_UNAVAILABLE when none works
 */
export async function chooseDriver<D extends ProbedDriver>(wish: DriverWish<D>): Promise<DriverChoice<D>> {
  const passedOver: PassedOver[] = [];
  const tried = new Set<string>();
  for await (const name of wish.preferred ?? []) {
    if (tried.has(name)) continue;
    tried.add(name);
    const outcome = await tryNamed(name, wish.candidates);
    if ('driver' in outcome)
      return { name, driver: outcome.driver, because: wish.whyPreferred ?? '', passedOver };
    passedOver.push({ driver: name, ...outcome });
  }
  let slow: DriverChoice<D> | undefined;
  for (const candidate of wish.candidates) {
    const { name } = candidate;
    if (tried.has(name)) continue;
    const outcome = await tryCandidate(candidate);
    if (!('driver' in outcome)) passedOver.push({ driver: name, ...outcome });
    else if (outcome.emulated === undefined)
      return {
        name,
        driver: outcome.driver,
        because: 'it is the best that works here',
        passedOver: [...passedOver, ...(slow === undefined ? [] : [slowOne(slow)])],
      };
    else
      slow ??= {
        name,
        driver: outcome.driver,
        because: outcome.emulated,
        passedOver,
      };
  }
  if (slow === undefined) throw noneWorks(passedOver);
  return { ...slow, because: `its guests are emulated (${slow.because}), and no better one works here` };
}

/** @returns one sentence on a choice and one on each driver that would have been better */
export function describeChoice({ name, because, passedOver }: Omit<DriverChoice<unknown>, 'driver'>): string {
  const others = passedOver.map(({ driver, why }) => `not ${driver}: ${why}`);
  return [`driver ${name}: ${because}`, ...others].join('; ');
}

type Outcome<D> = { driver: D; emulated?: string | undefined } | { why: string; mend: string };

async function tryNamed<D extends ProbedDriver>(
  name: string,
  candidates: readonly Candidate<D>[],
): Promise<Outcome<D>> {
  const candidate = candidates.find((one) => one.name === name);
  if (candidate !== undefined) return tryCandidate(candidate);
  return {
    why: 'it is none that can be taken here',
    mend: `use one of: ${candidates.map((one) => one.name).join(', ')}`,
  };
}

async function tryCandidate<D extends ProbedDriver>({ load, check }: Candidate<D>): Promise<Outcome<D>> {
  try {
    const driver = await load();
    const probe = await driver.probe();
    if (!probe.works) return { why: probe.why, mend: probe.mend };
    await check?.(driver);
    return { driver, emulated: probe.emulated };
  } catch (error) {
    if (!(error instanceof DewarError) || error.code === 'INTERRUPTED') throw error;
    return { why: error.message, mend: error.mend };
  }
}

function slowOne({ name, because }: DriverChoice<unknown>): PassedOver {
  return {
    driver: name,
    why: `its guests would be emulated: ${because}`,
    mend: 'see what KVM lacks here: dewar doctor',
  };
}

function noneWorks(passedOver: readonly PassedOver[]): DewarError {
  return new DewarError({
    code: 'DRIVER_UNAVAILABLE',
    message: `no driver works here: ${passedOver.map(({ driver, why }) => `${driver}: ${why}`).join('; ')}`,
    mend: `mend one of them: ${passedOver.map(({ driver, mend }) => `${driver}: ${mend}`).join('; ')}`,
  });
}
