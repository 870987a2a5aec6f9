import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BUNDLE_FILES, COMMIT_PATTERN, FINGERPRINT_PATTERN } from '../core/names.ts';

const Digest = z.string().regex(FINGERPRINT_PATTERN);
const Component = z.strictObject({ name: z.string(), digest: z.string(), summary: z.string() });

/** `fingerprint.json`. */
export const FingerprintFile = z.strictObject({ digest: Digest, components: z.array(Component) });

/** `manifest.json` without its last field, `digest`: sha256 of the rest as JSON without white space. */
const Body = z.strictObject({
  format: z.literal(1),
  tool_version: z.string(),
  created_at: z.iso.datetime(),
  engine: z.string(),
  driver: z.string(),
  fingerprint: Digest,
  components: z.array(Component),
  base_sha: z.string().regex(COMMIT_PATTERN),
  /** The workspace inside its repository, with `/`; empty for the top. */
  workspace: z.string(),
  flags: z.array(z.string()),
  /** Names of the `--env` options. */
  env: z.array(z.string()),
  /** Number of targets in base_hashes.json. */
  targets: z.int().nonnegative(),
  /** What a memory image needs of its host; null for a bundle that has none. */
  host_compatibility: z.null(),
  /** Interface between dewar and what runs in the guest; null without a guest. */
  guest_abi: z.null(),
  files: z.partialRecord(
    z.enum(BUNDLE_FILES),
    z.strictObject({ sha256: Digest, size: z.int().nonnegative() }),
  ),
});
export type Manifest = z.infer<typeof Body>;

/** @returns the content of `manifest.json` */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, digest: digestOf(manifest) }, null, 2)}\n`;
}

/** Reads a manifest so strictly that any changed byte is found. @returns what is wrong with it otherwise */
export function parseManifest(text: string): { manifest: Manifest } | { why: string } {
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
  if (!body.success) return { why: `manifest.json: ${firstIssue(body.error)}` };
  if (digestOf(body.data) !== digest || formatManifest(body.data) !== text)
    return { why: 'manifest.json does not match its own digest' };
  return { manifest: body.data };
}

function digestOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'invalid' : `${issue.path.join('.')}: ${issue.message}`;
}
