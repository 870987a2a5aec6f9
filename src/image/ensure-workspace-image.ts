import { DewarError } from '../core/errors.ts';
import { cacheDirectory } from '../platform/cache-directory.ts';
import { ensureImage } from './ensure-image.ts';
import type { EnsuredImage, ImageRequest } from './ensure-image.ts';
import type { PackageChange } from './lock/lock-changes.ts';
import { PROFILES } from './profiles.ts';
import { findImage } from './store/find-image.ts';
import { openImage } from './store/open-image.ts';
import { workspaceLock } from './workspace-lock.ts';

export interface WorkspaceImageRequest {
  /** A profile, or the beginning of an image's id. */
  image: string;
  /** Debian packages beside the profile's. */
  packages: readonly string[];
  /** Of the config, absolute: the lock file lies there. */
  directory: string;
}

/**
 * The image of a workspace: from the cache, or built now.
 * @throws DewarError as `ensureImage`; NO_SUCH_IMAGE, IMAGE_MISSING; PACKAGES_NEED_PROFILE
 */
export async function ensureWorkspaceImage(
  { image, packages, directory }: WorkspaceImageRequest,
  context: Pick<ImageRequest, 'toolVersion' | 'env' | 'emit' | 'signal' | 'mirrors'> & { frozen?: boolean },
): Promise<EnsuredImage> {
  const cache = cacheDirectory(context.env);
  const lockPath = workspaceLock({ image, directory });
  if (lockPath !== undefined) {
    const request = { profile: image, lockPath, cache, extra: packages, frozen: false, ...context };
    // each start of a machine asks
    const ensured = await ensureImage({ ...request, check: 'sizes' });
    if (ensured.changes !== undefined)
      context.emit({ type: 'note', message: told(lockPath, ensured.changes) });
    return ensured;
  }
  if (packages.length > 0)
    throw new DewarError({
      code: 'PACKAGES_NEED_PROFILE',
      message: `packages (${packages.join(', ')}) cannot be added to the image ${image}, which is built already`,
      mend: `name a profile as the image (${PROFILES.map(({ name }) => name).join(', ')}), or build the image with them: dewar image build --package …`,
    });
  const { id } = await findImage(cache, image);
  const found = await openImage(cache, id, 'sizes');
  if (found !== undefined) return { image: found, reused: true, changes: undefined };
  throw new DewarError({
    code: 'IMAGE_MISSING',
    message: `the image ${id} was removed just now`,
    mend: 'build it again: dewar image build',
  });
}

function told(lockPath: string, changes: readonly PackageChange[]): string {
  const count = (what: string, is: (change: PackageChange) => boolean): string[] => {
    const { length } = changes.filter(is);
    return length === 0 ? [] : [`${length} ${what}`];
  };
  const parts = [
    ...count('added', ({ from }) => from === null),
    ...count('changed', ({ from, to }) => from !== null && to !== null),
    ...count('removed', ({ to }) => to === null),
  ];
  return `${lockPath} was written: of the packages, ${parts.join(', ') || 'none changed'}; commit it`;
}
