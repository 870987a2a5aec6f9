import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltImage } from './guest-image.ts';
import { linkImage } from './link-image.ts';
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
