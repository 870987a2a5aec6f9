import type { Emit } from '../core/events.ts';
import { findMirrors } from './apt/find-mirrors.ts';
import type { Mirrors } from './apt/parse-print-uris.ts';
import { runPhase } from './build/run-phase.ts';
import { lockChanges } from './lock/lock-changes.ts';
import type { PackageChange } from './lock/lock-changes.ts';
import { holdingPackageLock, readPackageLock, writePackageLock } from './lock/lock-file.ts';
import { requestOf, resolveLock } from './lock/resolve-lock.ts';
import { findProfile } from './profiles.ts';

export interface UpdateRequest {
  /** Absolute path of the lock file. */
  lockPath: string;
  /** dewar's cache directory. */
  cache: string;
  /** Empty: those that the lock file or `extra` has, or `minimal` when there is none. */
  profiles: readonly string[];
  /** By profile, packages beside the profile's own; those of the lock file where it says nothing. */
  extra?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Say what would change, and change nothing. */
  dryRun: boolean;
  /** The host's own when undefined. */
  mirrors?: Mirrors | undefined;
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

export interface UpdatedImage {
  profile: string;
  suite: string;
  packages: number;
  changes: PackageChange[];
}

/**
 * Puts the versions of now into the lock file.
 * @throws DewarError NO_SUCH_PROFILE, BAD_LOCK, MIRROR_UNREACHABLE, NO_DEBIAN_MIRROR, COMMAND_NOT_FOUND (apt-get)
 */
export function updateLock(request: UpdateRequest): Promise<UpdatedImage[]> {
  const { lockPath, cache, signal } = request;
  return holdingPackageLock(lockPath, cache, { signal }, () => update(request));
}

async function update(request: UpdateRequest): Promise<UpdatedImage[]> {
  const { lockPath, env, emit, signal } = request;
  const lock = await readPackageLock(lockPath);
  const known = [...Object.keys(lock.images), ...Object.keys(request.extra ?? {})];
  const names = request.profiles.length > 0 ? request.profiles : known.length > 0 ? known : ['minimal'];
  const profiles = [...new Set(names)].map(findProfile);
  const mirrors = request.mirrors ?? (await findMirrors(env, signal));
  const images = { ...lock.images };
  const updated: UpdatedImage[] = [];
  for (const profile of profiles) {
    const before = lock.images[profile.name];
    const wanted = requestOf(profile, before, { extra: request.extra?.[profile.name] });
    const message = `asks the archive of Debian ${wanted.suite} for the newest packages of ${profile.name}`;
    const after = await runPhase(emit, 'resolve', message, () =>
      resolveLock(wanted, { mirrors, env, signal }),
    );
    images[profile.name] = after;
    updated.push({
      profile: profile.name,
      suite: after.suite,
      packages: after.packages.length,
      changes: lockChanges(before, after),
    });
  }
  const changed = updated.some(({ changes }) => changes.length > 0);
  if (changed && !request.dryRun) await writePackageLock(lockPath, { ...lock, images });
  return updated;
}
