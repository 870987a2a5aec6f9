import { expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import type { GuestHost } from '../../vmm/guest-host.ts';
import type { BenchContext } from '../bench-context.ts';
import { measureRestores, noRoomFor } from './measure-restores.ts';

const GIBIBYTE = 2 ** 30;

test('a guest is measured where its memory and a gibibyte are free', () => {
  expect(noRoomFor(8192, 9 * GIBIBYTE)).toBeUndefined();
  expect(noRoomFor(8192, 9 * GIBIBYTE - 1)).toBe('9216 MiB of free memory are needed, there are 9215');
});

test('sizes for which there is no memory or no disk are left out, each with why; other failures are failures', async () => {
  const signal = new AbortController().signal;
  const context: BenchContext = {
    emit: () => undefined,
    signal,
    env: {},
    dewar: { node: '', script: '' },
    bazel: '',
    version: '0',
    openGuestHost: () => Promise.reject(new Error('not asked')),
  };
  const measure = async (code: string): ReturnType<typeof measureRestores> => {
    const fail = (): Promise<never> =>
      Promise.reject(new DewarError({ code, message: 'full', mend: 'none' }));
    const host: GuestHost = {
      program: '',
      accelerator: 'tcg',
      whyNoKvm: undefined,
      boot: fail,
      restore: fail,
    };
    const question = {
      elsewhere: host,
      image: { id: '', kernel: '', initrd: '', rootfs: '' },
      memoriesMiB: [64, 2 ** 30],
      rounds: 1,
      path: (name: string) => `/nonexistent/${name}`,
      tell: () => undefined,
    };
    return measureRestores(host, question, context);
  };
  expect(await measure('NO_SPACE')).toEqual({
    sizes: [],
    not_measured: [
      { memory_mib: 64, why: 'full' },
      { memory_mib: 2 ** 30, why: expect.stringContaining('MiB of free memory are needed') as string },
    ],
  });
  await expect(measure('GUEST_SILENT')).rejects.toMatchObject({ code: 'GUEST_SILENT' });
});
