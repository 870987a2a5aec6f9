import { createHash } from 'node:crypto';
import { compareText } from '../../core/compare-text.ts';
import { bazelIdentity } from './bazel-identity.ts';
import type { IdentityInput } from './bazel-identity.ts';
import { readRcFiles } from './rc-files.ts';

/** Raised when the hashes or the impacted set of one and the same input change. */
const ALGORITHM = 'dewar-bazel-1';

/** The directory of a workspace that Bazel keeps for itself. */
const RESERVED = 'external';

export interface FingerprintSettings extends Omit<IdentityInput, 'bazelVersionFile'> {
  /** Reads a file of the workspace: of a work tree, or of a commit. */
  read: (path: string) => Promise<Buffer | undefined>;
  /** Paths of all files below a directory of the workspace, relative to it. */
  list: (directory: string) => Promise<readonly string[]>;
  /** The machines that Bazel runs in: which Bazel that is, and what rc files are there, is part of it. */
  place?: { digest: string; summary: string } | undefined;
  startupOptions: readonly string[];
  /** The flags that reach the graph, in one canonical form. */
  flags: readonly string[];
  /** sha256 over the seed files, hex. */
  seed: string;
  /** The variables that can change the graph, by name; an absent one that was asked for is undefined. */
  graphEnv: Readonly<Record<string, string | undefined>>;
}

export interface FingerprintComponent {
  name: string;
  /** sha256, hex. */
  digest: string;
  /** For people; holds no values of variables. */
  summary: string;
}

export interface GraphFingerprint {
  /** sha256 over the components, hex. */
  digest: string;
  components: readonly FingerprintComponent[];
}

/**
 * sha256 over everything, other than the commit, that can change the build graph.
 * @throws DewarError BAZEL_NOT_FOUND
 */
export async function graphFingerprint(settings: FingerprintSettings): Promise<GraphFingerprint> {
  const { place } = settings;
  const version = settings.read('.bazelversion');
  const [lockFile, versionFile, ignoreFile, rcFiles, external, identity] = await Promise.all([
    settings.read('MODULE.bazel.lock'),
    version,
    settings.read('.bazelignore'),
    readRcFiles(settings),
    settings.list(RESERVED),
    place === undefined
      ? version.then((bazelVersionFile) => bazelIdentity({ ...settings, bazelVersionFile }))
      : `${place.summary} ${place.digest}`,
  ]);
  const rcRead = rcFiles.filter(({ content }) => content !== undefined);
  const names = Object.keys(settings.graphEnv).toSorted(compareText);
  const components = [
    component('algorithm', ALGORITHM, [ALGORITHM]),
    place === undefined
      ? component('bazel', identity, [identity])
      : component('machine', identity, [identity, settings.bazelPath]),
    component('MODULE.bazel.lock', describe(lockFile), [lockFile]),
    component(
      'bazelrc',
      rcRead.map(({ path }) => path).join(' ') || 'none',
      rcFiles.flatMap(({ path, content }) => [path, content]),
    ),
    component('.bazelversion', versionFile?.toString('utf8').trim() ?? 'absent', [versionFile]),
    component('.bazelignore', describe(ignoreFile), [ignoreFile]),
    // A server that runs does not see what a new one does there: docs/decisions/016-the-directory-external.md
    component(RESERVED, `${external.length} files`, external.toSorted(compareText)),
    component('flags', settings.flags.join(' ') || 'none', [...settings.flags, settings.seed]),
    component(
      'environment',
      names.join(' ') || 'none',
      names.flatMap((name) => [name, settings.graphEnv[name]]),
    ),
  ];
  const digest = createHash('sha256');
  for (const { name, digest: part } of components) digest.update(`${name}\0${part}\0`);
  return { digest: digest.digest('hex'), components };
}

/** Each part is framed, so that no two lists of parts have the same bytes; an absent part differs from an empty one. */
function component(
  name: string,
  summary: string,
  parts: readonly (string | Buffer | undefined)[],
): FingerprintComponent {
  const digest = createHash('sha256');
  for (const part of parts) {
    const bytes = part === undefined ? undefined : Buffer.from(part);
    digest.update(bytes === undefined ? 'absent\0' : `${bytes.length}\0`);
    if (bytes !== undefined) digest.update(bytes);
  }
  return { name, digest: digest.digest('hex'), summary };
}

function describe(content: Buffer | undefined): string {
  return content === undefined ? 'absent' : `${content.length} bytes`;
}
