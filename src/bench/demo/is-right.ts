import type { DemoResult } from './run-demo.ts';

/** Whether all that was shown is as it has to be; a machine that could not be shown is no fault. */
export function isRight({ equal, machine }: Pick<DemoResult, 'equal' | 'machine'>): boolean {
  return equal && ('why' in machine || (machine.right && machine.bundle_unchanged));
}
