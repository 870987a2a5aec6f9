import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

test('deletes read-only directories of a plain user, and nothing behind a link', async () => {
  // Not in TMPDIR, which may be closed to others.
  const root = await mkdtemp('/var/tmp/dewar-remove-');
  // Root may write everywhere: become somebody else.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chmod(root, 0o777);
  if (isRoot) process.seteuid?.(65_534);
  try {
    await mkdir(join(root, 'outside/inner'), { recursive: true });
    await writeFile(join(root, 'outside/inner/file'), 'kept');
    await chmod(join(root, 'outside/inner'), 0o555);
    await mkdir(join(root, 'tree/a/b'), { recursive: true });
    await writeFile(join(root, 'tree/a/b/file'), '');
    await symlink(join(root, 'outside'), join(root, 'tree/a/link'));
    await chmod(join(root, 'tree/a/b'), 0o555);
    await chmod(join(root, 'tree/a'), 0o000);
    await removeTree(join(root, 'tree'));
    await removeTree(join(root, 'tree'));
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  await expect(stat(join(root, 'tree'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await readFile(join(root, 'outside/inner/file'), 'utf8')).toBe('kept');
  expect((await stat(join(root, 'outside/inner'))).mode & 0o777).toBe(0o555);
  await chmod(join(root, 'outside/inner'), 0o755);
  await rm(root, { recursive: true });
});
