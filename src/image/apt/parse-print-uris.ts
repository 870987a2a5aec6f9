import { compareText } from '../../core/compare-text.ts';
import type { Archive, LockedPackage } from '../lock/package-lock.ts';

/** Base URLs of the archives, without a slash at the end. */
export interface Mirrors {
  debian: string;
  /** Of the security updates; absent for suites that have none, or where none is known. */
  security?: string;
}

const LINE = /^'([^']+)' (\S+)_(\S+)_(\S+)\.deb (\d+) SHA256:([0-9a-f]{64})$/;

/**
 * Reads what `apt-get -o Acquire::ForceHash=SHA256 install --print-uris` prints: lines of
 * `'<uri>' <name>_<version>_<architecture>.deb <bytes> SHA256:<hex>`, in which a colon of the version is `%3a`.
 * @returns the packages, sorted by name; lines of another form are none
 */
export function parsePrintUris(text: string, mirrors: Mirrors): LockedPackage[] {
  const packages = text.split('\n').flatMap((line): LockedPackage[] => {
    const [, uri, name, version, architecture, size, sha256] = LINE.exec(line) ?? [];
    if (uri === undefined || name === undefined || version === undefined) return [];
    const place = splitUri(uri, mirrors);
    if (place === undefined || architecture === undefined || sha256 === undefined) return [];
    return [
      {
        name,
        version: decodeURIComponent(version),
        architecture,
        sha256,
        size: Number(size),
        ...place,
      },
    ];
  });
  return packages.toSorted((a, b) => compareText(a.name, b.name));
}

function splitUri(uri: string, mirrors: Mirrors): { archive: Archive; path: string } | undefined {
  const bases = Object.entries(mirrors) as [Archive, string][];
  for (const [archive, base] of bases)
    if (uri.startsWith(`${base}/`)) return { archive, path: uri.slice(base.length + 1) };
  return undefined;
}
