import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examineFirecracker } from '../../src/vmm/firecracker/examine-firecracker.ts';
import { FIRECRACKER } from '../../src/vmm/firecracker/firecracker-vmm.ts';
import { vmmLab } from '../support/vmm-servers/vmm-lab.ts';
import type { VmmLab } from '../support/vmm-servers/vmm-lab.ts';

const isRoot = process.getuid?.() === 0;
let lab: VmmLab;
beforeAll(async () => (lab = await vmmLab('firecracker', { guests: false })));
afterAll(() => lab[Symbol.asyncDispose]());

/** The lab, with a jailer that says such a version. */
async function withJailer(version: string): Promise<VmmLab> {
  const path = join(lab.directory, `jailer-${version}`);
  await writeFile(path, `#!/bin/sh\necho Jailer v${version}\n`);
  await chmod(path, 0o755);
  return { ...lab, env: { ...lab.env, DEWAR_JAILER: path } };
}

test.skipIf(!isRoot)(
  'a jailer of another version, with which no machine would start, is no driver that works',
  async () => {
    const context = await withJailer('1.12.0');
    expect(await FIRECRACKER.probe(context)).toMatchObject({
      works: false,
      why: expect.stringMatching(/is the jailer of Firecracker 1\.12\.0, and Firecracker is 1\.16\.1$/),
      mend: expect.stringContaining('DEWAR_JAILER=no'),
    });
  },
);

test.skipIf(!isRoot)('that of its own version is, and is found', async () => {
  const context = await withJailer('1.16.1');
  expect(await FIRECRACKER.probe(context)).toEqual({ works: true });
  expect(await examineFirecracker(context.env).jail?.()).toEqual({
    path: context.env['DEWAR_JAILER'],
    version: '1.16.1',
  });
});

test('none is needed', async () => {
  expect(await FIRECRACKER.probe(lab)).toEqual({ works: true });
});
