/** The file of a label of the main repository. */
export interface MainFile {
  /** Directory of the package, '' for the root. */
  package: string;
  /** Relative to the workspace. */
  path: string;
}

/**
 * @param label as written in a file of the main repository
 * @param from the package of that file
 * @param mainNames names by which the main repository may be called, without `@`
 * @returns undefined for a label of another repository
 */
export function mainFile(label: string, from: string, mainNames: ReadonlySet<string>): MainFile | undefined {
  const split = /^(?:@@?([^/:]*))?(?:\/\/([^:]*))?(?::(.*))?$/s.exec(label);
  const [, repository, directory, name] = split ?? [];
  if (repository !== undefined && repository !== '' && !mainNames.has(repository)) return undefined;
  if (repository !== undefined && directory === undefined) return undefined;
  if (directory === undefined) return fileOf(from, name ?? label);
  return fileOf(directory, name ?? directory.slice(directory.lastIndexOf('/') + 1));
}

function fileOf(directory: string, name: string): MainFile {
  return { package: directory, path: directory === '' ? name : `${directory}/${name}` };
}
