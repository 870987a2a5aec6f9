import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findCloudHypervisor, parseCloudHypervisorVersion } from './find-cloud-hypervisor.ts';

test.each([
  ['cloud-hypervisor v53.0\n', { major: 53, minor: 0, text: 'v53.0' }],
  ['cloud-hypervisor v51.1-32-gdeadbee-dirty\n', { major: 51, minor: 1, text: 'v51.1-32-gdeadbee-dirty' }],
  ['cloud-hypervisor v53.0.0\n', { major: 53, minor: 0, text: 'v53.0.0' }],
  ['cloud-hypervisor\n', undefined],
  ['QEMU emulator version 10.0.2\n', undefined],
])('reads %j', (output, expected) => {
  expect(parseCloudHypervisorVersion(output)).toEqual(expected);
});

async function programSaying(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dewar-find-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'cloud-hypervisor');
  await writeFile(path, `#!/bin/sh\necho '${text}'\n`);
  await chmod(path, 0o755);
  return path;
}

test('the one that the environment names, or the first on PATH', async () => {
  const path = await programSaying('cloud-hypervisor v53.0');
  const version = { major: 53, minor: 0, text: 'v53.0' };
  expect(await findCloudHypervisor({ DEWAR_CLOUD_HYPERVISOR: path })).toMatchObject({ path, version });
  expect(await findCloudHypervisor({ PATH: `/nowhere:${join(path, '..')}` })).toMatchObject({ path });
});

test.each([
  [{ PATH: '/nowhere' }, 'CLOUD_HYPERVISOR_MISSING', 'cloud-hypervisor is not on PATH'],
  [
    { PATH: '/usr/bin', DEWAR_CLOUD_HYPERVISOR: 'cloud-hypervisor' },
    'CLOUD_HYPERVISOR_MISSING',
    'DEWAR_CLOUD_HYPERVISOR=cloud-hypervisor is not the absolute path of a program',
  ],
])('%j has none', async (env, code, message) => {
  await expect(findCloudHypervisor(env)).rejects.toMatchObject({ code, message });
});

test('one that is too old, or none at all, is refused', async () => {
  const old = await programSaying('cloud-hypervisor v50.2');
  await expect(findCloudHypervisor({ DEWAR_CLOUD_HYPERVISOR: old })).rejects.toMatchObject({
    code: 'CLOUD_HYPERVISOR_TOO_OLD',
    message: `${old} is Cloud Hypervisor v50.2; dewar needs v51.0 or later`,
  });
  const other = await programSaying('hello');
  await expect(findCloudHypervisor({ DEWAR_CLOUD_HYPERVISOR: other })).rejects.toMatchObject({
    code: 'CLOUD_HYPERVISOR_BROKEN',
  });
});
