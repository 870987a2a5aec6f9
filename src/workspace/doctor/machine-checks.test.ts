import { expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import type { DriverExamination, ExaminedDriver, VmmExamination } from '../../vmm/driver-examination.ts';
import type { DoctorContext } from './check.ts';
import { MACHINE_CHECKS } from './machine-checks.ts';

const MISSING = new DewarError({
  code: 'QEMU_MISSING',
  message: 'it is not on PATH',
  mend: 'install it',
  packages: ['qemu-system-x86'],
});
const fails = (): Promise<never> => Promise.reject(MISSING);
const NO_QEMU: DriverExamination = {
  program: fails,
  acceleration: fails,
  hasUserNetwork: fails,
  shareDaemon: fails,
};
const WORKING: VmmExamination = {
  program: () => Promise.resolve({ name: 'It', path: '/it', version: '1', writtenFor: '1', isTried: true }),
  acceleration: () => Promise.resolve({ name: 'KVM', sandbox: true, emulated: false }),
};

async function lookAtQemu(others: readonly VmmExamination[]): Promise<unknown> {
  const check = MACHINE_CHECKS.find(({ id }) => id === 'vmm');
  const drivers = [NO_QEMU, ...others].map((examination) => ({ examination }) as ExaminedDriver);
  const context = { driver: NO_QEMU, drivers, signal: undefined } as Partial<DoctorContext>;
  return check?.run(context as DoctorContext);
}

test('a host without QEMU has a problem, unless another driver works', async () => {
  await expect(lookAtQemu([])).rejects.toBe(MISSING);
  await expect(lookAtQemu([{ ...WORKING, acceleration: fails }])).rejects.toBe(MISSING);
  await expect(lookAtQemu([WORKING])).resolves.toEqual({
    level: 'note',
    message: 'it is not on PATH',
    mend: 'install it',
    packages: ['qemu-system-x86'],
  });
});
