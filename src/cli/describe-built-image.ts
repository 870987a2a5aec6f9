import type { EnsuredImage } from '../image/ensure-image.ts';
import type { CommandResult } from './command.ts';
import { formatBytes } from '../core/format-bytes.ts';

/**
 * @param lock absolute path of the lock file that it was built by; undefined for an image that its id names
 * @param used bytes that it takes on the disk
 * @returns what commands that build images print
 */
export function describeBuiltImage(
  { image, reused, changes }: EnsuredImage,
  lock: string | undefined,
  used: number,
): CommandResult {
  const { id, directory, kernel, initrd, rootfs, manifest } = image;
  const { profile, suite, architecture, packages } = manifest;
  const data = {
    id,
    profile,
    suite,
    architecture,
    directory,
    kernel,
    initrd,
    rootfs,
    used,
    reused,
    lock: lock ?? null,
    lock_changes: changes ?? [],
  };
  const verb = reused ? 'already built' : 'built';
  const locked = changes === undefined ? '' : `\nlocked ${packages.length} packages in ${lock}`;
  const size = formatBytes(used);
  return { data, text: `${verb}: ${profile} image ${id.slice(0, 12)} (${size}) in ${directory}${locked}` };
}
