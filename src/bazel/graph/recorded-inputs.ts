/** What Bazel wrote down that it read. Paths are relative to the workspace. */
export interface RecordedInputs {
  files: string[];
  /** Directories whose entries, or all below them, count; '' is the workspace. */
  directories: string[];
  /** What was not understood. */
  doubts: string[];
}

/** What the workspace is called. */
export interface WorkspaceNames {
  /** Its absolute spellings. */
  paths: readonly string[];
  /** Its names as a repository, without `@`. */
  repositories: ReadonlySet<string>;
}

/**
 * Sorts one recorded input into `found`. Bazel 4 to 7.0 write labels (`FILE://pkg:file`, `FILE:@@//pkg:file`), 7.1 and
 * newer paths (`FILE:@@//pkg/file`, `FILE:/absolute`); 7.1 and newer know DIRENTS and DIRTREE.
 * @param value what was recorded of it: a digest or a number of a file, ENOENT
 */
export function addRecordedInput(
  found: RecordedInputs,
  key: string,
  value: string,
  workspace: WorkspaceNames,
): void {
  const [, kind = '', name = ''] = /^([^:]*):?(.*)$/s.exec(key) ?? [];
  if (!PATH_KINDS.has(kind)) {
    if (!OTHER_KINDS.has(kind)) found.doubts.push(`a recorded input ${key}`);
    return;
  }
  const path = workspacePath(name, workspace);
  if (path === 'outside') return;
  if (path === undefined) {
    found.doubts.push(`a recorded input ${key}`);
    return;
  }
  const isFile = kind === 'FILE' && path !== '';
  if (isFile) found.files.push(path);
  // A file of which something else was recorded may be a directory.
  if (!isFile || !FILE_VALUE.test(value)) found.directories.push(path);
}

const PATH_KINDS: ReadonlySet<string> = new Set(['FILE', 'DIRENTS', 'DIRTREE']);
/** Of no file: what else they depend on is part of the fingerprint, or in the text of module files. */
const OTHER_KINDS: ReadonlySet<string> = new Set(['ENV', 'REPO_MAPPING', 'STARLARK_SEMANTICS', '$MANAGED']);
const FILE_VALUE = /^(?:ENOENT|-?\d+|[0-9a-f]{64})$/;

/** @returns undefined for a name of no known form; 'outside' for files of other repositories and of the system */
function workspacePath(name: string, { paths, repositories }: WorkspaceNames): string | undefined {
  const [, repository, label] = /^(?:@@?([^/:]*))?\/\/(.*)$/s.exec(name) ?? [];
  if (label !== undefined) {
    // The other repositories are looked at in the output base.
    if (repository !== undefined && !isMain(repository, repositories)) return 'outside';
    const path = label.replace(/^:/, '').replace(':', '/');
    return PLAIN.test(path) ? path : undefined;
  }
  if (!name.startsWith('/')) return undefined;
  const root = paths.find((workspace) => name === workspace || name.startsWith(`${workspace}/`));
  if (root === undefined) return 'outside';
  const path = name.slice(root.length + 1);
  return PLAIN.test(path) ? path : undefined;
}

function isMain(repository: string, names: ReadonlySet<string>): boolean {
  return repository === '' || repository === '_main' || repository === '__main__' || names.has(repository);
}

/** Bazel writes other characters in more than one way. */
const PLAIN = /^[\x20-\x7e]*$/;
