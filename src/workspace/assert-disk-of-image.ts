import { access } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { DewarError } from '../core/errors.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import type { Journal } from './journal.ts';
import type { StatePaths } from './state-paths.ts';

/**
 * A root disk is a layer over the image that it was begun on; over another one, it is rubbish. For one that is yet to be made,
 * the image is written down beside it: a journal may be lost.
 * @param image id of the one that is to be used
 * @param options `looksOnly`: nothing is written
 * @throws DewarError DISK_OF_ANOTHER_IMAGE
 */
export async function assertDiskOfImage(
  { journal, paths }: { journal: Pick<Journal, 'machine'>; paths: Pick<StatePaths, 'disk' | 'diskImage'> },
  image: string,
  { looksOnly = false }: { looksOnly?: boolean } = {},
): Promise<void> {
  if (!(await exists(paths.disk))) {
    if (looksOnly) return;
    await writeFileAtomic(paths.diskImage, `${image}\n`, { mode: 0o600 });
    return;
  }
  const written = (await readIfPresent(paths.diskImage))?.toString('utf8').trim();
  const begunOn = written ?? journal.machine?.image;
  if (begunOn === image) return;
  throw new DewarError({
    code: 'DISK_OF_ANOTHER_IMAGE',
    message: `${paths.disk} was begun on ${begunOn === undefined ? 'an unknown image' : `the image ${begunOn.slice(0, 12)}`}, and the config means ${image.slice(0, 12)}: packages, dewar.lock or dewar itself have changed`,
    mend: 'begin a new disk: dewar reset, which drops what the machine has on it; or put back what has changed',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
