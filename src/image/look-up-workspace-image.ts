import { cacheDirectory } from '../platform/cache-directory.ts';
import type { WorkspaceImageRequest } from './ensure-workspace-image.ts';
import { readGuestFiles } from './guest-files.ts';
import { readPackageLock } from './lock/lock-file.ts';
import { isAnswered, requestOf } from './lock/resolve-lock.ts';
import { planImage } from './plan-image.ts';
import { findProfile } from './profiles.ts';
import { findImage } from './store/find-image.ts';
import { imageSize } from './store/image-size.ts';
import { openImage } from './store/open-image.ts';
import { workspaceLock } from './workspace-lock.ts';

/** `used`: bytes on the disk. */
export type WorkspaceImageState =
  | { state: 'built'; id: string; used: number }
  | { state: 'not built'; id: string }
  /** The lock file does not say which versions. */
  | { state: 'not locked'; lock: string };

/**
 * Looks whether the image of a workspace is there; nothing is made or asked of an archive.
 * @throws DewarError BAD_LOCK, UNREADABLE, NO_SUCH_IMAGE, AMBIGUOUS_IMAGE, IMAGE_DAMAGED
 */
export async function lookUpWorkspaceImage(
  { image, packages, directory }: WorkspaceImageRequest,
  env: Readonly<Record<string, string>>,
): Promise<WorkspaceImageState> {
  const cache = cacheDirectory(env);
  const lock = workspaceLock({ image, directory });
  if (lock === undefined) return stateOf(cache, (await findImage(cache, image)).id);
  const profile = findProfile(image);
  const locked = (await readPackageLock(lock)).images[image];
  if (locked === undefined || !isAnswered(requestOf(profile, locked, { extra: packages }), locked))
    return { state: 'not locked', lock };
  return stateOf(cache, planImage(profile, locked, await readGuestFiles(profile.layers)).id);
}

async function stateOf(cache: string, id: string): Promise<WorkspaceImageState> {
  const found = await openImage(cache, id, 'sizes');
  if (found === undefined) return { state: 'not built', id };
  return { state: 'built', id, used: await imageSize(found.directory) };
}
