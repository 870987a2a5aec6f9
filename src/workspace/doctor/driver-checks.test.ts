import { expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import type { ExaminedDriver, VmmExamination } from '../../vmm/driver-examination.ts';
import type { DoctorContext } from './check.ts';
import { DRIVER_CHECKS } from './driver-checks.ts';

const program = { name: 'It', path: '/it', version: '1', writtenFor: '1', isTried: true };
const IT: VmmExamination = {
  program: () => Promise.resolve(program),
  acceleration: () => Promise.resolve({ name: 'KVM', sandbox: true, emulated: false }),
};
const MISSING = new DewarError({ code: 'IT_MISSING', message: 'it is not on PATH', mend: 'install it' });
const UNFIT = new DewarError({ code: 'JAILER_UNFIT', message: 'it is of 1.15', mend: 'install 1.16' });

async function jails(examination: VmmExamination): Promise<unknown> {
  const check = DRIVER_CHECKS.find(({ id }) => id === 'driver-jails');
  const drivers = [{ name: 'it', examination } as ExaminedDriver];
  return check?.run({ drivers } as Partial<DoctorContext> as DoctorContext);
}

test('which jailer a driver has is said', async () => {
  const jail = { path: '/opt/jailer', version: '1.16.1' };
  expect(await jails({ ...IT, jail: () => Promise.resolve(jail) })).toEqual([
    {
      title: 'jail of it',
      level: 'ok',
      message: '/opt/jailer 1.16.1; each machine has a user of its own',
    },
  ]);
});

test('why there is none is said', async () => {
  const none = { why: 'DEWAR_JAILER=no', mend: 'unset DEWAR_JAILER' };
  expect(await jails({ ...IT, jail: () => Promise.resolve(none) })).toEqual([
    {
      title: 'jail of it',
      level: 'note',
      message: 'none: DEWAR_JAILER=no; it runs as root, with its filters of system calls alone',
      mend: 'unset DEWAR_JAILER',
    },
  ]);
});

test('one with which no machine starts is a warning', async () => {
  expect(await jails({ ...IT, jail: () => Promise.reject(UNFIT) })).toEqual([
    { title: 'jail of it', level: 'warning', message: 'it is of 1.15', mend: 'install 1.16' },
  ]);
});

test('there is nothing to say of a driver that has none, whose user cannot have one, or that is not there', async () => {
  expect(await jails(IT)).toEqual([]);
  expect(await jails({ ...IT, jail: () => Promise.resolve(undefined) })).toEqual([]);
  const absent = { ...IT, program: () => Promise.reject(MISSING), jail: () => Promise.reject(MISSING) };
  expect(await jails(absent)).toEqual([]);
});
