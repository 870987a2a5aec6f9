import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_LOCK_NAME } from '../../core/names.ts';
import { ensureImage } from '../../image/ensure-image.ts';
import type { Image } from '../../image/store/open-image.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import type { BenchContext } from '../bench-context.ts';

export interface GuestImage {
  image: Image;
  /** Milliseconds that its build took; undefined when it was there. */
  buildMs: number | undefined;
}

/**
 * The image of a profile, from the user's cache or built into it, by a lock file that lies there too: nothing is written
 * where the user works.
 * @throws DewarError as `ensureImage` does
 */
export async function guestImage(
  profile: string,
  { env, emit, signal, version }: BenchContext,
): Promise<GuestImage> {
  const cache = cacheDirectory(env);
  await mkdir(cache, { recursive: true });
  const started = performance.now();
  const { image, reused } = await ensureImage({
    profile,
    lockPath: join(cache, PACKAGE_LOCK_NAME),
    cache,
    frozen: false,
    toolVersion: version,
    env,
    emit,
    signal,
  });
  return { image, buildMs: reused ? undefined : performance.now() - started };
}
