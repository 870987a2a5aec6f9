import { DewarError } from '../../../core/errors.ts';

/**
 * @param program that froze the machine, with its version
 * @param differences one sentence each
 * @throws DewarError HOST_INCOMPATIBLE when there is one
 */
export function refuseDifferences(directory: string, program: string, differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw new DewarError({
    code: 'HOST_INCOMPATIBLE',
    message: `the machine frozen in ${directory} does not run here: ${differences.join('; ')}`,
    mend: `record the snapshot again here, or restore it where it was recorded (${program})`,
  });
}
