import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { findPlugin } from '../../../src/builtins.ts';
import { IMAGES_CACHE } from '../../support/guest-image.ts';
import type { BuiltImage } from '../../support/guest-image.ts';
import { DEWAR } from '../../support/image-cli.ts';

/** Locks the versions for as long as the cache is kept: the image takes minutes. */
const LOCK = join(IMAGES_CACHE, 'dewar-tools.lock');

/** The image of a workspace with these plugins, in the cache that all test runs of this user share. */
export async function toolsImage(plugins: readonly string[]): Promise<BuiltImage> {
  const found = await Promise.all(plugins.map((name) => findPlugin(name)));
  const packages = new Set(found.flatMap((plugin) => plugin?.packages ?? []));
  const options = [...packages].flatMap((name) => ['--package', name]);
  const args = ['image', 'build', 'systemd', '--json', '--lock', LOCK, ...options];
  const { stdout } = await execa(process.execPath, [DEWAR, ...args], {
    env: { DEWAR_CACHE_DIR: IMAGES_CACHE },
  });
  return JSON.parse(stdout) as BuiltImage;
}

/** Has a workspace take that image. */
export async function lockToolsImage(workspace: string): Promise<void> {
  await copyFile(LOCK, join(workspace, 'dewar.lock'));
}
