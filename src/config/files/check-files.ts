import { realpath, stat } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import type { ResolvedConfig, ResolvedMount, ResolvedShare } from '../resolved-config.ts';
import { assertStaysIn, writableTrees } from './guest-links.ts';
import { readScript } from './read-script.ts';

/**
 * Looks whether the directories and scripts of a config are there, before anything starts.
 * @returns the config with the sources of its shares free of links; optional ones that are not there are left out
 * @throws DewarError MOUNT_SOURCE_MISSING, SCRIPT_MISSING, LINK_LEAVES_SHARE
 */
export async function checkFiles(config: ResolvedConfig): Promise<ResolvedConfig> {
  const mounts: ResolvedMount[] = [];
  for (const mount of config.mounts) {
    const checked = mount.type === 'share' ? await checkShare(mount, config) : mount;
    if (checked !== undefined) mounts.push(checked);
  }
  for (const script of config.scripts) await readScript(script, config);
  return { ...config, mounts };
}

async function checkShare(share: ResolvedShare, config: ResolvedConfig): Promise<ResolvedShare | undefined> {
  const { source, optional } = share;
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const real = await realpath(source);
    await assertStaysIn(
      writableTrees(config),
      source,
      real,
      `${config.file}: the source ${source} of a mount`,
    );
    return { ...share, source: real };
  }
  if (found === undefined && optional) return undefined;
  throw new DewarError({
    code: 'MOUNT_SOURCE_MISSING',
    message: `${config.file}: the source ${source} of the mount ${share.target} (${share.origin}) ${found === undefined ? 'is not there' : 'is no directory'}`,
    mend: found === undefined ? 'make it, or correct the mount' : 'mount the directory that it lies in',
  });
}
