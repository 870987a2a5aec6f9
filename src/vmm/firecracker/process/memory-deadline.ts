import { slowFactor } from '../../slow-factor.ts';
import { deadline } from '../../machine/machine-context.ts';
import type { MachineContext } from '../../machine/machine-context.ts';

/** A slow disk. */
const MEBIBYTES_PER_SECOND = 50;

/** @returns milliseconds for what reads or writes all of a machine's memory: minutes for many GiB */
export function memoryDeadline(context: MachineContext, what: 'save' | 'load', memoryMiB: number): number {
  return deadline(context, what) + (memoryMiB / MEBIBYTES_PER_SECOND) * 1000 * slowFactor(context.env);
}
