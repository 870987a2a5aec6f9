import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BUNDLE_FILES, COMMIT_PATTERN, FINGERPRINT_PATTERN } from '../core/names.ts';
import type { BundleFile } from '../core/names.ts';
import { DIGEST_BLOCK } from '../platform/durable-files.ts';
import type { FileDigest } from '../platform/durable-files.ts';
import type { Fingerprint } from './engine.ts';

/** `manifest.json` without its last field, `digest`: sha256 of the rest as JSON without white space. */
export interface Manifest {
  format: 1;
  tool_version: string;
  created_at: string;
  engine: string;
  driver: string;
  fingerprint: string;
  components: FingerprintComponent[];
  base_sha: string;
  /** The workspace inside its repository, with `/`; empty for the top. */
  workspace: string;
  flags: string[];
  /** Names of the `--env` options. */
  env: string[];
  /** Number of targets in base_hashes.json. */
  targets: number;
  /** What a memory image needs of its host; null for a bundle that has none. */
  host_compatibility: Record<string, unknown> | null;
  /** Interface between dewar and what runs in the guest; null without a guest. */
  guest_abi: number | null;
  files: Partial<Record<BundleFile, FileDigest>>;
}

type FingerprintComponent = Fingerprint['components'][number];

const Digest = z.string().regex(FINGERPRINT_PATTERN);
const Components = z.array(z.strictObject({ name: z.string(), digest: z.string(), summary: z.string() }));
const FingerprintFile = z.strictObject({ digest: Digest, components: Components });

const Body: z.ZodType<Manifest> = z.strictObject({
  format: z.literal(1),
  tool_version: z.string(),
  created_at: z.iso.datetime(),
  engine: z.string(),
  driver: z.string(),
  fingerprint: Digest,
  components: Components,
  base_sha: z.string().regex(COMMIT_PATTERN),
  workspace: z.string(),
  flags: z.array(z.string()),
  env: z.array(z.string()),
  targets: z.int().nonnegative(),
  host_compatibility: z.record(z.string(), z.unknown()).nullable(),
  guest_abi: z.int().nullable(),
  files: z.partialRecord(
    z.enum(BUNDLE_FILES),
    z.strictObject({
      sha256: Digest,
      size: z.int().nonnegative(),
      blocks: z.literal(DIGEST_BLOCK).optional(),
    }),
  ),
});

/** Reads `fingerprint.json`. @returns undefined when it is none */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const parsed = FingerprintFile.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

/** @returns the content of `manifest.json` */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, digest: digestOf(manifest) }, null, 2)}\n`;
}

/** Reads a manifest so strictly that any changed byte is found. @returns what is wrong with it otherwise */
export function parseManifest(text: string): { manifest: Manifest } | { why: string } {
  const raw = parseJson(text);
  if (raw === undefined) return { why: 'manifest.json is not JSON' };
  const parsed = z.looseObject({ digest: Digest }).safeParse(raw);
  if (!parsed.success) return { why: 'manifest.json has no digest' };
  const { digest, ...rest } = parsed.data;
  const body = Body.safeParse(rest);
  if (!body.success) return { why: `manifest.json: ${firstIssue(body.error)}` };
  if (digestOf(body.data) !== digest || formatManifest(body.data) !== text)
    return { why: 'manifest.json does not match its own digest' };
  return { manifest: body.data };
}

/** @returns undefined for what is no JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digestOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'invalid' : `${issue.path.join('.')}: ${issue.message}`;
}
