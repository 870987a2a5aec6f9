import { createHash } from 'node:crypto';
import type { Manifest } from '../../src/snapshot/manifest.ts';
import { openBundleWriter } from '../../src/snapshot/store-write.ts';
import type { BundlePlace } from '../../src/snapshot/store-scan.ts';

export const COMPONENTS: Manifest['components'] = [
  { name: 'bazel-version', digest: sha256('7.7.1'), summary: '7.7.1' },
  { name: 'bazelrc', digest: sha256(''), summary: 'none' },
];
export const FINGERPRINT: string = sha256('fingerprint');
export const BASE: string = sha256('base').slice(0, 40);

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function manifest(files: Manifest['files'], changes: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    tool_version: '0.1.0',
    created_at: '2026-01-02T03:04:05.678Z',
    engine: 'bazel',
    driver: 'local',
    fingerprint: FINGERPRINT,
    components: COMPONENTS,
    base_sha: BASE,
    workspace: '',
    flags: [],
    env: [],
    targets: 2,
    host_compatibility: null,
    guest_abi: null,
    files,
    ...changes,
  };
}

/** Seals a small bundle as record does. */
export async function sealBundle(
  store: string,
  changes: Partial<Manifest> = {},
  hashes = '{"//:a":"1~2"}',
): Promise<BundlePlace> {
  const { fingerprint, base_sha: base, components } = manifest({}, changes);
  await using writer = await openBundleWriter(store, fingerprint, base, {});
  await writer.seal(
    {
      'base_hashes.json': { text: hashes },
      'fingerprint.json': { text: `${JSON.stringify({ digest: fingerprint, components })}\n` },
    },
    (files) => manifest(files, changes),
  );
  return writer.place;
}
