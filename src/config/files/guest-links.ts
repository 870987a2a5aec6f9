import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import type { ResolvedConfig } from '../resolved-config.ts';

/** @returns the directories of this host in which a guest of this workspace may have made links; absolute */
export function writableTrees({ mounts }: Pick<ResolvedConfig, 'mounts'>): string[] {
  return mounts.flatMap((mount) => (mount.type === 'share' && !mount.readonly ? [mount.source] : []));
}

/**
 * A link that a guest made must not make this host read, or share, anything else of its own.
 * @param path as the config has it; absolute
 * @param real where it leads
 * @param what for the message
 * @throws DewarError LINK_LEAVES_SHARE for a path in one of the trees that leads out of it
 */
export async function assertStaysIn(
  trees: readonly string[],
  path: string,
  real: string,
  what: string,
): Promise<void> {
  for (const tree of trees) {
    if (!isIn(tree, path) || isIn(await realpath(tree).catch(() => tree), real)) continue;
    throw new DewarError({
      code: 'LINK_LEAVES_SHARE',
      message: `${what} leads to ${real} by a link inside of ${tree}, where a guest can make links`,
      mend: `when that is what you want, write it down: ${real}`,
    });
  }
}

function isIn(tree: string, path: string): boolean {
  return path === tree || path.startsWith(tree.endsWith(sep) ? tree : tree + sep);
}
