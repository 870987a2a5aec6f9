import { compareText } from '../../core/compare-text.ts';
import type { LockedImage, LockedPackage } from './package-lock.ts';

export interface PackageChange {
  name: string;
  /** Version before; null for a package that is new. */
  from: string | null;
  /** Version after; null for a package that is gone. */
  to: string | null;
}

/** @returns what differs between two locks of one image, sorted by name; the kernel among them */
export function lockChanges(before: LockedImage | undefined, after: LockedImage): PackageChange[] {
  const old = byName(before);
  const fresh = byName(after);
  const names = [...new Set([...old.keys(), ...fresh.keys()])].toSorted(compareText);
  return names
    .filter((name) => old.get(name)?.sha256 !== fresh.get(name)?.sha256)
    .map((name) => ({
      name,
      from: old.get(name)?.version ?? null,
      to: fresh.get(name)?.version ?? null,
    }));
}

function byName(image: LockedImage | undefined): Map<string, LockedPackage> {
  if (image === undefined) return new Map();
  return new Map([...image.packages, ...image.kernel].map((one) => [one.name, one]));
}
