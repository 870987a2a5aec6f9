import { compareText } from '../../core/compare-text.ts';
import type { Mirrors } from '../apt/parse-print-uris.ts';
import { resolvePackages } from '../apt/resolve-packages.ts';
import type { Profile } from '../profiles.ts';
import type { LockedImage } from './package-lock.ts';

/** What decides the packages of an image, but for their versions. */
export interface PackageRequest {
  suite: string;
  /** Debian's word. */
  architecture: string;
  /** Sorted. */
  extra: string[];
  /** Sorted; with `extra`. */
  requested: string[];
}

/**
 * @param before the lock as it is: what the user does not say anew stays
 * @param given what the user says
 */
export function requestOf(
  profile: Profile,
  before: LockedImage | undefined,
  given: { suite?: string | undefined; extra?: readonly string[] | undefined },
): PackageRequest {
  const extra = sorted(given.extra ?? before?.extra ?? []);
  return {
    suite: given.suite ?? before?.suite ?? profile.suite,
    architecture: before?.architecture ?? debianArchitecture(),
    extra,
    requested: sorted([...profile.packages, ...extra]),
  };
}

/** @returns true when the lock answers that request */
export function isAnswered(request: PackageRequest, lock: LockedImage): boolean {
  const of = ({ suite, architecture, extra, requested }: PackageRequest): string =>
    JSON.stringify([suite, architecture, extra, requested]);
  return of(request) === of(lock);
}

/** Asks the archives for the versions of now. @throws DewarError as `resolvePackages` does */
export async function resolveLock(
  request: PackageRequest,
  how: { mirrors: Mirrors; env: Readonly<Record<string, string>>; signal?: AbortSignal | undefined },
): Promise<LockedImage> {
  const { suite, architecture, requested } = request;
  const { kernel, packages } = await resolvePackages({ suite, architecture, packages: requested, ...how });
  return { ...request, kernel, packages };
}

function debianArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted(compareText);
}
