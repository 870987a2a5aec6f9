import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltImage } from './guest-image.ts';
import { linkOrCopy } from './image-cli.ts';
import { snapshotSandbox } from './snapshot-sandbox.ts';
import type { SnapshotSandbox } from './snapshot-sandbox.ts';
import { testDriver } from './test-driver.ts';

/** A sandbox whose Bazel is the one of an image, in machines of the driver under test. */
export interface GuestSandbox extends SnapshotSandbox {
  /** Paths, below the cache directory, of all that a machine may leave: its directory, sockets, overlay, lock. */
  machines(): Promise<string[]>;
}

/** Machines share this host's CPUs with other tests, and may be emulated. */
const SLOW = '6';

export async function guestSandbox(repository: { path: string }, image: BuiltImage): Promise<GuestSandbox> {
  const sandbox = await snapshotSandbox(repository, '', {
    options: ['--driver', testDriver.name, '--image', image.id, '--bazel', 'bazel'],
    env: {
      DEWAR_SLOW: process.env['DEWAR_SLOW'] ?? SLOW,
      ...Object.fromEntries(
        testDriver.variables.flatMap((name) => {
          const value = process.env[name];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    },
    prepare: (cache) => linkImage(image, cache),
  });
  return {
    ...sandbox,
    machines: () =>
      readdir(join(sandbox.cache, testDriver.name, 'machines'), { recursive: true }).catch(
        () => [] as string[],
      ),
  };
}

/** The image is hundreds of megabytes: it is not copied where a link will do. */
async function linkImage({ id, directory }: BuiltImage, cache: string): Promise<void> {
  const to = join(cache, 'images', id);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(directory)) await linkOrCopy(join(directory, name), join(to, name));
}
