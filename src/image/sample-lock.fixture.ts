import type { LockedImage, LockedPackage } from './lock/package-lock.ts';

/** A package whose digest is of its name and version. */
export function samplePackage(name: string, version = '1.0-1'): LockedPackage {
  const hex = Buffer.from(`${name}=${version}`).toString('hex');
  return {
    name,
    version,
    architecture: 'amd64',
    sha256: hex.padEnd(64, '0').slice(0, 64),
    size: 1234,
    archive: 'debian',
    path: `pool/main/${name[0] ?? 'x'}/${name}/${name}_${encodeURIComponent(version)}_amd64.deb`,
  };
}

export function sampleLock(packages: readonly LockedPackage[] = [samplePackage('base-files')]): LockedImage {
  return {
    suite: 'bookworm',
    architecture: 'amd64',
    extra: [],
    requested: ['base-files'],
    kernel: [samplePackage('linux-image-6.1.0-1-cloud-amd64', '6.1.1-1')],
    packages: [...packages],
  };
}
