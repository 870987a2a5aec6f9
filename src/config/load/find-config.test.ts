import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findConfig } from './find-config.ts';

let root = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'dewar find "x\n-')));
});
afterEach(() => rm(root, { recursive: true }));

describe('the nearest config', () => {
  test.each(['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'])('dewar.config.%s', async (extension) => {
    const path = await put(`dewar.config.${extension}`);
    expect(await findConfig(root)).toBe(path);
  });

  test('above', async () => {
    const path = await put('dewar.config.ts');
    await mkdir(join(root, 'a/b/c'), { recursive: true });
    expect(await findConfig(join(root, 'a/b/c'))).toBe(path);
    expect(await findConfig('/', join(root, 'a/b'))).toBe(path);
  });

  test('by a link to its directory', async () => {
    const path = await put('w/dewar.config.ts');
    await symlink('w', join(root, 'link'));
    expect(await findConfig(join(root, 'link'))).toBe(path);
  });

  test('that is a link itself', async () => {
    await put('elsewhere/real.ts');
    await mkdir(join(root, 'w'));
    await symlink('../elsewhere/real.ts', join(root, 'w/dewar.config.ts'));
    expect(await findConfig(join(root, 'w'))).toBe(join(root, 'w/dewar.config.ts'));
  });

  test('a link that leads nowhere hides none above', async () => {
    await put('dewar.config.ts');
    await mkdir(join(root, 'w'));
    await symlink('nowhere', join(root, 'w/dewar.config.ts'));
    await expect(findConfig(join(root, 'w'))).rejects.toMatchObject({ code: 'NESTED_CONFIG' });
  });
});

test('none', async () => {
  await expect(findConfig(root)).rejects.toMatchObject({
    code: 'NO_CONFIG',
    mend: expect.stringContaining('dewar init'),
  });
  await expect(findConfig(root, join(root, 'nowhere'))).rejects.toMatchObject({ code: 'NO_CONFIG' });
  await expect(findConfig(root, await put('file'))).rejects.toMatchObject({ code: 'NO_CONFIG' });
});

test('two in one directory', async () => {
  await put('dewar.config.ts');
  await put('dewar.config.json');
  await expect(findConfig(root)).rejects.toMatchObject({
    code: 'TWO_CONFIGS',
    message: expect.stringMatching(/dewar\.config\.ts and .*dewar\.config\.json/s),
  });
});

describe('a config in the tree of another workspace, which its guest may have written', () => {
  let inner = '';
  beforeEach(async () => {
    await put('dewar.config.ts');
    inner = await put('vendor/lib/dewar.config.js');
    await mkdir(join(dirname(inner), 'deep'));
  });

  test('is refused', async () => {
    const refused = {
      code: 'NESTED_CONFIG',
      message: expect.stringContaining(inner),
      mend: expect.stringContaining(`-C ${dirname(inner)}`),
    };
    await expect(findConfig(dirname(inner))).rejects.toMatchObject(refused);
    await expect(findConfig(join(dirname(inner), 'deep'))).rejects.toMatchObject(refused);
  });

  test('is taken when its directory is named, not one below', async () => {
    expect(await findConfig(root, dirname(inner))).toBe(inner);
    await expect(findConfig(root, join(dirname(inner), 'deep'))).rejects.toMatchObject({
      code: 'NESTED_CONFIG',
    });
  });

  test('does not hide the outer one from elsewhere', async () => {
    expect(await findConfig(join(root, 'vendor'))).toBe(join(root, 'dewar.config.ts'));
  });
});

async function put(path: string): Promise<string> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, '');
  return at;
}
