import { describeCapabilities } from '../../vmm/describe-capabilities.ts';
import type { Acceleration, ExaminedDriver, VmmProgram } from '../../vmm/driver-examination.ts';
import type { Finding } from './check.ts';

export interface SeenDriver {
  program: VmmProgram;
  /** Or why nothing runs in a guest. */
  acceleration: Acceleration | { failed: { message: string; mend: string } };
  /** Why there can be no TAP here; undefined where there can. */
  noTap: { why: string; mend: string } | undefined;
}

/** Says of a driver whose program is there whether it works here, and what its machines can do. */
export function judgeDriver(
  { name, capabilities }: Omit<ExaminedDriver, 'examination'>,
  { program, acceleration, noTap }: SeenDriver,
): Finding {
  const { path, version, writtenFor, isTried } = program;
  const is = `${program.name} ${version}, ${path}, written for ${writtenFor}`;
  if ('failed' in acceleration)
    return {
      level: 'warning',
      message: `${is}: ${acceleration.failed.message}`,
      mend: acceleration.failed.mend,
    };
  if (!isTried)
    return {
      level: 'warning',
      message: `${is}: nobody has tried this version with ${name}`,
      mend: `install one of ${writtenFor}`,
    };
  if (noTap !== undefined && capabilities.snapshots.network === 'tap')
    return {
      level: 'warning',
      message: `${is}; its machines are reached by a TAP, and none can be made here: ${noTap.why}`,
      mend: noTap.mend,
    };
  const can = describeCapabilities(capabilities);
  if (acceleration.emulated)
    return {
      level: 'note',
      // How to mend that is said once, of acceleration.
      message: `${is}; its guests are emulated (${acceleration.name}); ${can}`,
    };
  return { level: 'ok', message: `${is}; ${acceleration.name}; ${can}` };
}
