import { join, resolve } from 'node:path';
import { compareText } from '../../core/compare-text.ts';
import { thisHostFiles } from '../../platform/file-host.ts';
import type { FileHost } from '../../platform/file-host.ts';
import { externalLinks, isBelow } from './external-links.ts';
import { extensionOfRepository, lockedExtensions } from './lock-file.ts';
import type { ExtensionId } from './lock-file.ts';
import { markerInputs } from './marker-file.ts';
import type { RecordedInputs, WorkspaceNames } from './recorded-inputs.ts';
import { readRepositoryBzl } from './repository-bzl.ts';
import type { RepositoryBzl } from './repository-bzl.ts';

/** What Bazel read of a workspace besides BUILD and .bzl files. Paths are relative to the workspace, sorted. */
export interface RepositoryInputs {
  readPaths: string[];
  /** Files and directories that repositories show or list: what is below them counts too. '' is the workspace. */
  sharedDirectories: string[];
  /** False when Bazel may have read more: then only a full query knows what a change means. */
  complete: boolean;
  /** Why it is not complete. */
  why?: string;
}

export interface RepositoryInputsOptions {
  workspacePath: string;
  /** Of the Bazel that made the graph of this very work tree, after it did. */
  outputBase: string;
  /** What `readRepositoryBzl` found, if it is known. */
  repositoryBzl?: RepositoryBzl;
  /** Of where that Bazel runs; this host when absent. */
  files?: FileHost;
}

/**
 * Finds out what repository rules and module extensions read: from marker files, lock files and the links that
 * repositories are made of. Not recorded by Bazel, and so not found: what they ask programs for (`execute`), whether a
 * path exists, and what they read with `watch = "no"`; a running Bazel does not notice these either. The lock file must
 * be of the same run: not with `--lockfile_mode=off`.
 * @throws DewarError UNREADABLE
 */
export async function readRepositoryInputs({
  workspacePath,
  outputBase,
  repositoryBzl,
  files = thisHostFiles,
}: RepositoryInputsOptions): Promise<RepositoryInputs> {
  const written = resolve(workspacePath);
  const workspacePaths = [...new Set([written, (await files.realPath(written)) ?? written])];
  const external = join(resolve(outputBase), 'external');
  const module = repositoryBzl ?? (await readRepositoryBzl((path) => files.read(join(workspacePath, path))));
  const names = { paths: workspacePaths, repositories: new Set(module.mainNames) };
  const markers = await readMarkers(external, names, files);
  const locked = await readLocks([workspacePath, outputBase], names, files);
  const links = await externalLinks(external, names, files);
  const all = [markers.inputs, ...locked.inputs];
  const doubts = [
    ...(module.complete ? [] : [module.why ?? 'a module file was not understood']),
    ...all.flatMap((inputs) => inputs.doubts),
    ...links.doubts,
    ...unknownExtensions(markers.repositories, locked.extensions, module),
  ];
  const [why] = doubts;
  return {
    readPaths: sorted([...module.readPaths, ...all.flatMap((inputs) => inputs.files)]),
    sharedDirectories: sorted([...links.linked, ...all.flatMap(({ directories }) => directories)]),
    complete: why === undefined,
    ...(why === undefined ? {} : { why }),
  };
}

interface Markers {
  inputs: RecordedInputs;
  /** Canonical names of the repositories that were made. */
  repositories: string[];
}

async function readMarkers(external: string, workspace: WorkspaceNames, files: FileHost): Promise<Markers> {
  const inputs: RecordedInputs = { files: [], directories: [], doubts: [] };
  const entries = (await files.list(external)) ?? [];
  const repositories: string[] = [];
  const texts = await Promise.all(
    entries.map(async ({ name }) => (MARKER.test(name) ? files.read(join(external, name)) : undefined)),
  );
  for (const [at, { name }] of entries.entries()) {
    const repository = MARKER.exec(name)?.[1];
    if (repository === undefined) continue;
    repositories.push(repository);
    const found = markerInputs(texts[at]?.toString('utf8') ?? '', workspace);
    inputs.files.push(...found.files);
    inputs.directories.push(...found.directories);
    inputs.doubts.push(...found.doubts.map((doubt) => `${name} has ${doubt}`));
  }
  const marked = new Set(repositories);
  const unmarked = entries.filter(({ name }) => !name.startsWith('@') && !marked.has(name));
  for (const entry of unmarked) {
    // An override is a link without a marker: it is looked at with the other links. What else is a link, like to a
    // cache of repositories, may have its inputs written down elsewhere.
    const isOverride =
      entry.kind === 'link' && (await leadsInto(join(external, entry.name), workspace.paths, files));
    if (!isOverride) inputs.doubts.push(`the repository ${entry.name} has no marker file`);
  }
  return { inputs, repositories };
}

const MARKER = /^@(.*)\.marker$/s;

async function leadsInto(link: string, workspacePaths: readonly string[], files: FileHost): Promise<boolean> {
  const target = (await files.realPath(link)) ?? '';
  return workspacePaths.some((workspace) => isBelow(target, workspace));
}

interface Locks {
  extensions: ExtensionId[];
  inputs: RecordedInputs[];
}

/** The lock file of the workspace, and that of the output base for extensions that call themselves reproducible. */
async function readLocks(
  directories: readonly string[],
  workspace: WorkspaceNames,
  files: FileHost,
): Promise<Locks> {
  const locks: Locks = { extensions: [], inputs: [] };
  for (const directory of directories) {
    const path = join(directory, 'MODULE.bazel.lock');
    const text = await files.read(path);
    if (text === undefined) continue;
    const extensions = lockedExtensions(text.toString('utf8'), workspace);
    if (extensions === undefined)
      locks.inputs.push({ files: [], directories: [], doubts: [`${path} is no lock file of a known form`] });
    for (const { id, inputs } of extensions ?? []) {
      locks.extensions.push(id);
      locks.inputs.push(inputs);
    }
  }
  return locks;
}

/**
 * Extensions that the main module has or uses, that made a repository, and whose inputs are in no lock file. Those that
 * only other modules use have no way to name a file of the main module.
 */
function unknownExtensions(
  repositories: readonly string[],
  locked: readonly ExtensionId[],
  module: RepositoryBzl,
): string[] {
  const isLocked = (id: ExtensionId): boolean =>
    locked.some(({ module: from, name }) => from === id.module && name === id.name);
  return repositories.flatMap((repository) => {
    const id = extensionOfRepository(repository);
    if (id === undefined || isLocked(id)) return [];
    // A number tells extensions of the same name apart.
    const names = [id.name, id.name.replace(/\d+$/, '')];
    if (id.module !== '' && !names.some((name) => module.extensions.includes(name))) return [];
    return [`no lock file says what the module extension ${id.name}, which made ${repository}, read`];
  });
}

function sorted(paths: readonly string[]): string[] {
  return [...new Set(paths)].toSorted(compareText);
}
