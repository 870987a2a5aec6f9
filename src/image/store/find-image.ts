import { DewarError } from '../../core/errors.ts';
import { PROFILES } from '../profiles.ts';
import { listImages } from './list-images.ts';
import type { ListedImage } from './list-images.ts';

/** Shorter prefixes are too easily of another image tomorrow. */
const SHORTEST = 4;

/**
 * Finds an image by a prefix of its id, or the newest complete one of a profile by the profile's name.
 * @param cache dewar's cache directory
 * @throws DewarError NO_SUCH_IMAGE, AMBIGUOUS_IMAGE
 */
export async function findImage(cache: string, name: string): Promise<ListedImage> {
  const { images } = await listImages(cache);
  const ofProfile = images.find(({ state }) => state.complete && state.manifest.profile === name);
  if (ofProfile !== undefined) return ofProfile;
  const found = name.length < SHORTEST ? [] : images.filter(({ id }) => id.startsWith(name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined)
    throw new DewarError({
      code: 'NO_SUCH_IMAGE',
      message: `there is no image ${JSON.stringify(name)} in ${cache}`,
      mend: PROFILES.some((profile) => profile.name === name)
        ? `build it: dewar image build ${name}`
        : 'give a profile, or at least four digits of an id (see `dewar image ls`); `dewar image build` builds one',
    });
  throw new DewarError({
    code: 'AMBIGUOUS_IMAGE',
    message: `${name} begins the ids of ${found.length} images: ${found.map(({ id }) => id.slice(0, 12)).join(', ')}`,
    mend: 'give more digits',
  });
}
