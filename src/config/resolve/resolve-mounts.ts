import { dirname } from 'node:path';
import { expandHostPath } from '../rules/host-path.ts';
import { badConfig } from '../schema/parse-config.ts';
import type { ResolvedMount, ResolvedShare } from '../resolved-config.ts';
import type { MountConfig } from '../workspace-config.ts';
import type { Layer } from './layer.ts';

/** Where the guest has the project. */
const PROJECT_TARGET = '~/workspace';

/**
 * @param file the config
 * @param everyone the plugins, then the user
 * @returns the project at `~/workspace`, unless something else is to be there or the user has the project elsewhere; then
 * the mounts of plugins and user. What lies in another one's target comes after it.
 * @throws DewarError BAD_CONFIG for two on one target
 */
export function resolveMounts(
  file: string,
  everyone: readonly (Layer & { mounts?: readonly MountConfig[] })[],
  home: string,
): ResolvedMount[] {
  const explicit = everyone.flatMap((layer) =>
    (layer.mounts ?? []).map((mount) => resolveMount(mount, layer, home)),
  );
  const project: ResolvedShare = {
    type: 'share',
    source: dirname(file),
    target: PROJECT_TARGET,
    readonly: false,
    optional: false,
    origin: 'default',
  };
  const mounts = explicit.some((mount) => replaces(mount, project)) ? explicit : [project, ...explicit];
  refuseTwice(file, mounts);
  return mounts.toSorted((a, b) => depth(a) - depth(b));
}

function resolveMount(mount: MountConfig, { origin, directory }: Layer, home: string): ResolvedMount {
  if ('tmpfs' in mount) return { type: 'tmpfs', target: mount.target, origin };
  const { source, target, readonly = false, optional = false } = mount;
  return {
    type: 'share',
    source: expandHostPath(source, directory, home),
    target,
    readonly,
    optional,
    origin,
  };
}

function replaces(mount: ResolvedMount, project: ResolvedShare): boolean {
  if (mount.target === project.target) return true;
  return mount.type === 'share' && mount.source === project.source && mount.origin === 'user';
}

function refuseTwice(file: string, mounts: readonly ResolvedMount[]): void {
  const byTarget = new Map<string, ResolvedMount>();
  for (const mount of mounts) {
    const first = byTarget.get(mount.target);
    if (first !== undefined) {
      const both =
        first.origin === mount.origin
          ? `twice by the ${mount.origin}`
          : `by the ${first.origin} and the ${mount.origin}`;
      throw badConfig({ file }, [
        { path: ['mounts'], text: `mounts: ${mount.target} is mounted on ${both}` },
      ]);
    }
    byTarget.set(mount.target, mount);
  }
}

/** `~/a` is deeper than any directory that the home lies in. */
function depth({ target }: ResolvedMount): number {
  return target.split('/').length + (target.startsWith('~') ? 2 : 0);
}
