import { describe, expect, test } from 'vitest';
import { formatImageManifest, GUEST_ABI, parseImageManifest } from './image-manifest.ts';
import type { ImageManifest } from './image-manifest.ts';

const FILE = { sha256: 'c'.repeat(64), size: 4096 };
const MANIFEST: ImageManifest = {
  format: 1,
  id: 'a'.repeat(64),
  tool_version: '0.1.0',
  created_at: '2026-01-02T03:04:05.678Z',
  profile: 'minimal',
  suite: 'bookworm',
  architecture: 'amd64',
  kernel_version: '6.1.0-1-cloud-amd64',
  guest_abi: GUEST_ABI,
  packages: [{ name: 'bash', version: '5.2.15-2+b8' }],
  files: { kernel: FILE, initrd: FILE, 'rootfs.ext4': FILE },
};

describe('the manifest of an image', () => {
  test('is read back as it was written', () => {
    expect(parseImageManifest(formatImageManifest(MANIFEST))).toEqual({ manifest: MANIFEST });
  });

  test('is refused when any byte of it was changed', () => {
    const text = formatImageManifest(MANIFEST);
    const changes = Array.from(text, (letter, at) => {
      const other = letter === '1' ? '2' : '1';
      return text.slice(0, at) + other + text.slice(at + 1);
    });
    const unseen = changes.filter((changed) => !('why' in parseImageManifest(changed)));
    expect(unseen).toEqual([]);
  });

  test.each(['', '{}', '[]', '{"digest":"x"}', formatImageManifest(MANIFEST).slice(0, -3)])(
    'is not %j',
    (text) => {
      expect(parseImageManifest(text)).toHaveProperty('why');
    },
  );
});
