/** The file of a label of the main repository. */
export interface MainFile {
  /** Directory of the package, '' for the root. */
  package: string;
  /** Relative to the workspace. */
  path: string;
}

/** The file of a label of some repository. */
export interface LabelFile extends MainFile {
  /** As written, without `@`; undefined: the repository of the file that has the label. */
  repository: string | undefined;
  /** Written with `@@`. */
  isCanonical: boolean;
}

/**
 * @param label as written in a file of the main repository
 * @param from the package of that file
 * @param mainNames names by which the main repository may be called, without `@`
 * @returns undefined for a label of another repository
 */
export function mainFile(label: string, from: string, mainNames: ReadonlySet<string>): MainFile | undefined {
  const [, , repository, directory, name] = LABEL.exec(label) ?? [];
  if (repository !== undefined && repository !== '' && !mainNames.has(repository)) return undefined;
  if (repository !== undefined && directory === undefined) return undefined;
  if (directory === undefined) return fileOf(from, name ?? label);
  return fileOf(directory, name ?? directory.slice(directory.lastIndexOf('/') + 1));
}

/**
 * @param label as written in a file of any repository
 * @param from the package of that file
 * @returns undefined for what is no label
 */
export function labelFile(label: string, from: string): LabelFile | undefined {
  const split = LABEL.exec(label);
  // `x/y.bzl`, for which `:x/y.bzl` is meant.
  if (split === null && /[@:]|^\/|^$/.test(label)) return undefined;
  const [, at, repository, directory, name] = split ?? [];
  const isCanonical = at === '@@';
  if (directory !== undefined)
    return {
      repository,
      isCanonical,
      ...fileOf(directory, name ?? directory.slice(directory.lastIndexOf('/') + 1)),
    };
  // `@name` stands for `@name//:name`.
  if (repository !== undefined) return { repository, isCanonical, ...fileOf('', name ?? repository) };
  return { repository, isCanonical, ...fileOf(from, name ?? label) };
}

const LABEL = /^(?:(@@?)([^/:]*))?(?:\/\/([^:]*))?(?::(.*))?$/s;

function fileOf(directory: string, name: string): MainFile {
  return { package: directory, path: directory === '' ? name : `${directory}/${name}` };
}
