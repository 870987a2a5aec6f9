import { join } from 'node:path';
import { PACKAGE_LOCK_NAME } from '../core/names.ts';
import { PROFILES } from './profiles.ts';

/**
 * @param config `image`: a profile, or the beginning of an image's id; `directory`: of the config
 * @returns absolute path of the lock file that a workspace's image is built by; undefined for one that is built already
 */
export function workspaceLock({
  image,
  directory,
}: {
  image: string;
  directory: string;
}): string | undefined {
  return PROFILES.some(({ name }) => name === image) ? join(directory, PACKAGE_LOCK_NAME) : undefined;
}
