import { DewarError } from '../core/errors.ts';
import type { Machine } from '../vmm/driver.ts';
import type { ChosenBundle, Consumption } from './consumption.ts';
import type { Deadline } from './deadline.ts';
import type { GraphEngine } from './engine.ts';

/**
 * Works in the machine of a bundle, at the target commit, and lets go of it.
 * @param onPhase is told what is done next
 */
export async function inMachine<T>(
  { driver, engine, view, target, context, phases, ahead }: Consumption,
  { place }: ChosenBundle,
  { signal }: Deadline,
  work: (machine: Machine) => Promise<T>,
  onPhase: (phase: 'restore' | 'checkout') => void = () => undefined,
): Promise<T> {
  const spec = { repository: view.repository, snapshot: place };
  const driverContext = { emit: context.emit, signal };
  onPhase('restore');
  const coming = await ahead?.take(place, signal);
  const machine = await phases.run(
    'restore',
    'bringing back the machine',
    () => coming?.machine ?? driver.restore(spec, driverContext),
  );
  let result: T;
  try {
    onPhase('checkout');
    await phases.run(
      'checkout',
      `checking out ${target}`,
      () => coming?.checkedOut ?? machine.checkOut(target, driverContext),
    );
    result = await work(machine);
  } catch (error) {
    if (context.signal.aborted) await machine.abandon();
    else await letGo(machine, error, engine, signal.aborted);
    throw error;
  }
  await machine.shutdown();
  return result;
}

/** A machine that does not answer is removed; one that failed in an orderly way is kept. */
async function letGo(machine: Machine, error: unknown, engine: GraphEngine, aborted: boolean): Promise<void> {
  const late = aborted || (error instanceof DewarError && error.code === 'DEADLINE');
  if (late || !(await engine.anyServerAlive(machine.serverRoot))) await machine.kill();
  else await machine.shutdown();
}
