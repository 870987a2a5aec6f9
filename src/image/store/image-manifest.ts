import { createHash } from 'node:crypto';
import { z } from 'zod';
import { IMAGE_ID_PATTERN } from '../../core/names.ts';
import type { ImageFile } from '../../core/names.ts';

/** `manifest.json` of an image without its last field, `digest`: sha256 of the rest as JSON without white space. */
export interface ImageManifest {
  format: 1;
  /** sha256 over all inputs: the name of the image's directory. */
  id: string;
  tool_version: string;
  created_at: string;
  profile: string;
  suite: string;
  /** Debian's word: amd64, arm64. */
  architecture: string;
  /** What `uname -r` prints in the guest. */
  kernel_version: string;
  /** Interface between dewar and what runs in the guest; see docs/images.md. */
  guest_abi: typeof GUEST_ABI;
  packages: { name: string; version: string }[];
  files: Record<ImageFile, { sha256: string; size: number }>;
}

export const GUEST_ABI = 1;

const Digest = z.string().regex(IMAGE_ID_PATTERN);
const File = z.strictObject({ sha256: Digest, size: z.int().positive() });

const Body: z.ZodType<ImageManifest> = z.strictObject({
  format: z.literal(1),
  id: Digest,
  tool_version: z.string(),
  created_at: z.iso.datetime(),
  profile: z.string(),
  suite: z.string(),
  architecture: z.string(),
  kernel_version: z.string(),
  guest_abi: z.literal(GUEST_ABI),
  packages: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  files: z.strictObject({ kernel: File, initrd: File, 'rootfs.ext4': File }),
});

/** @returns the content of `manifest.json` */
export function formatImageManifest(manifest: ImageManifest): string {
  return `${JSON.stringify({ ...manifest, digest: digestOf(manifest) }, null, 2)}\n`;
}

/** @returns what is wrong with it, for a text that is not exactly a manifest */
export function parseImageManifest(text: string): { manifest: ImageManifest } | { why: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { why: 'manifest.json is not JSON' };
  }
  const parsed = z.looseObject({ digest: Digest }).safeParse(raw);
  if (!parsed.success) return { why: 'manifest.json has no digest' };
  const { digest, ...rest } = parsed.data;
  const body = Body.safeParse(rest);
  if (!body.success) {
    const [issue] = body.error.issues;
    return { why: `manifest.json: ${issue?.path.join('.')}: ${issue?.message}` };
  }
  if (digestOf(body.data) !== digest || formatImageManifest(body.data) !== text)
    return { why: 'manifest.json does not match its own digest' };
  return { manifest: body.data };
}

function digestOf(manifest: ImageManifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}
