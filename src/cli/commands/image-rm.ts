import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { usageError } from '../usage-error.ts';

export const command: CommandSpec = defineCommand({
  name: 'image rm',
  summary: 'remove images from the cache, and what dead builds left',
  arguments: {
    images: {
      name: 'image',
      description: 'a prefix of an id, or a profile: the newest image of it',
      variadic: true,
    },
  },
  options: {
    all: { long: 'all', kind: 'boolean', description: 'all images; needs --force' },
    force: { long: 'force', kind: 'boolean', description: 'confirms --all' },
    packages: {
      long: 'packages',
      kind: 'boolean',
      description: 'the downloaded Debian packages too: the next build downloads them again',
    },
  },
  run: async ({ options, arguments: { images: names }, emit, signal, env }) => {
    if (options.all && names.length > 0) fail('give images or --all, not both');
    if (!options.all && !options.packages && names.length === 0)
      fail('give the id of an image, or --all --force');
    if (options.all && !options.force) fail('--all removes every image; add --force if you mean that');

    const { findImage } = await import('../../image/store/find-image.ts');
    const { listImages } = await import('../../image/store/list-images.ts');
    const { removeImages, removePackages } = await import('../../image/store/remove-images.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const cache = cacheDirectory(env);
    const found = options.all
      ? (await listImages(cache)).images
      : await Promise.all(names.map((name) => findImage(cache, name)));
    const ids = [...new Set(found.map(({ id }) => id))];
    const onWait = (): void => emit({ type: 'note', message: 'waits for a build of this image' });
    await removeImages(cache, ids, { signal, onWait });
    if (options.packages) await removePackages(cache);
    const lines = ids.map((id) => `removed ${id.slice(0, 12)}`);
    if (options.packages) lines.push('removed the downloaded packages');
    return {
      data: { removed: ids, packages: options.packages },
      text: lines.join('\n') || 'no images',
    };
  },
});

function fail(message: string): never {
  throw usageError('image rm', message);
}
