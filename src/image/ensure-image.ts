import { DewarError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { findMirrors } from './apt/find-mirrors.ts';
import type { Mirrors } from './apt/parse-print-uris.ts';
import { buildImage } from './build/build-image.ts';
import { findBuildTools } from './build/build-tools.ts';
import { runPhase } from './build/run-phase.ts';
import { readGuestFiles } from './guest-files.ts';
import { lockChanges } from './lock/lock-changes.ts';
import type { PackageChange } from './lock/lock-changes.ts';
import { holdingPackageLock, readPackageLock, writePackageLock } from './lock/lock-file.ts';
import type { LockedImage } from './lock/package-lock.ts';
import { isAnswered, requestOf, resolveLock } from './lock/resolve-lock.ts';
import { planImage } from './plan-image.ts';
import { findProfile } from './profiles.ts';
import type { Image } from './store/open-image.ts';

export interface ImageRequest {
  profile: string;
  /** Absolute path of the lock file. */
  lockPath: string;
  /** dewar's cache directory. */
  cache: string;
  /** Another suite than the lock's, or the profile's. */
  suite?: string | undefined;
  /** Packages beside the profile's; undefined: those of the lock. */
  extra?: readonly string[] | undefined;
  /** How an image of the cache is looked at: `digests` when undefined, which reads every byte. */
  check?: 'sizes' | 'digests' | undefined;
  /** The lock must answer as it is. */
  frozen: boolean;
  /** The host's own when undefined. */
  mirrors?: Mirrors | undefined;
  toolVersion: string;
  env: Readonly<Record<string, string>>;
  emit: Emit;
  signal?: AbortSignal | undefined;
}

export interface EnsuredImage {
  image: Image;
  /** True when it was in the cache. */
  reused: boolean;
  /** How the lock file was changed; undefined when it was used as it was. */
  changes: PackageChange[] | undefined;
}

/**
 * The image of a profile in the versions of the lock file: from the cache, or built now. A lock file that does not yet
 * answer is completed.
 * @throws DewarError NO_SUCH_PROFILE, BAD_LOCK, LOCK_OUTDATED; as `buildImage` and `resolvePackages` do
 */
export async function ensureImage(request: ImageRequest): Promise<EnsuredImage> {
  const { profile: name, env, emit, signal, cache, toolVersion, check } = request;
  const profile = findProfile(name);
  const mirrors = once(() =>
    request.mirrors === undefined ? findMirrors(env, signal) : Promise.resolve(request.mirrors),
  );
  const { locked, changes } = await holdingPackageLock(request.lockPath, cache, { signal }, () =>
    ensureLock(request, mirrors),
  );
  const plan = planImage(profile, locked, await readGuestFiles(profile.layers));
  const tools = (): ReturnType<typeof findBuildTools> => findBuildTools(env);
  const built = await buildImage({ plan, cache, check, tools, mirrors, toolVersion, emit, signal });
  return { ...built, changes };
}

async function ensureLock(
  request: ImageRequest,
  mirrors: () => Promise<Mirrors>,
): Promise<{ locked: LockedImage; changes: PackageChange[] | undefined }> {
  const { lockPath, profile, env, emit, signal } = request;
  const lock = await readPackageLock(lockPath);
  const before = lock.images[profile];
  const wanted = requestOf(findProfile(profile), before, request);
  if (before !== undefined && isAnswered(wanted, before)) return { locked: before, changes: undefined };
  if (request.frozen) throw outdated(lockPath, profile, before !== undefined);
  // before anything is downloaded
  await findBuildTools(env);
  const message = `asks the archive of Debian ${wanted.suite} for the newest packages`;
  const locked = await runPhase(emit, 'resolve', message, async () =>
    resolveLock(wanted, { mirrors: await mirrors(), env, signal }),
  );
  await writePackageLock(lockPath, { ...lock, images: { ...lock.images, [profile]: locked } });
  return { locked, changes: lockChanges(before, locked) };
}

function outdated(path: string, profile: string, there: boolean): DewarError {
  const why = there ? 'was made for other packages or another suite' : 'is not there';
  return new DewarError({
    code: 'LOCK_OUTDATED',
    message: `the entry of ${profile} in ${path} ${why}`,
    mend: 'build without --frozen, and commit the lock file',
  });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
