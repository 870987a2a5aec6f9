import { expect, test } from 'vitest';
import { withFirecracker } from './with-firecracker.ts';

const ENV = { PATH: '/nonexistent:/bin', DEWAR_FIRECRACKER: '/other' };

test.each([
  ['nothing is said', undefined, '/other'],
  ['a path', '/bin/sh', '/bin/sh'],
  ['a name', 'sh', '/bin/sh'],
])('%s', async (_name, program, expected) => {
  expect(await withFirecracker(ENV, program)).toEqual({ ...ENV, DEWAR_FIRECRACKER: expected });
});

test.each([
  ['/bin/absent', '--firecracker-bin /bin/absent is no program'],
  ['/bin', '--firecracker-bin /bin is no program'],
  ['absent', '--firecracker-bin absent is no program on PATH'],
])('%s', async (program, message) => {
  await expect(withFirecracker(ENV, program)).rejects.toMatchObject({ code: 'FIRECRACKER_MISSING', message });
});
