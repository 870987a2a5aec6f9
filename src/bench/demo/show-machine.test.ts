import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import type { BenchContext } from '../bench-context.ts';
import { showMachine } from './show-machine.ts';

test.each([
  ['QEMU_MISSING', { why: 'it failed; do this' }],
  ['INTERRUPTED', 'INTERRUPTED'],
])('a host where %s: says why, but an interruption is one', async (code, expected) => {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-show-'));
  const context: BenchContext = {
    emit: () => undefined,
    signal: new AbortController().signal,
    env: { DEWAR_CACHE_DIR: join(directory, 'cache') },
    dewar: { node: '', script: '' },
    bazel: '',
    version: '0',
    openGuestHost: () => Promise.reject(new DewarError({ code, message: 'it failed', mend: 'do this' })),
  };
  const shown = showMachine(join(directory, 'machine'), context);
  expect(await shown.catch((error: unknown) => (error as DewarError).code)).toEqual(expected);
  await rm(directory, { recursive: true });
});
