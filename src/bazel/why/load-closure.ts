import { mainFile } from '../graph/main-label.ts';
import { loadsOf } from '../graph/starlark-calls.ts';
import { mainRepoSpelling, packageOf } from '../labels.ts';

/**
 * Follows the load statements of a .bzl file through the main repository, by their text.
 * @param start path of the file, relative to the workspace
 * @param loaded labels of the files that a package loads: they say which packages the paths belong to
 * @param read gives the text of a path
 * @param mainNames names of the main repository, without `@`
 * @returns those of `loaded`, as paths, that `start` is or loads, directly or not
 */
export async function loadClosure(
  start: string,
  loaded: readonly string[],
  read: (path: string) => Promise<string | undefined>,
  mainNames: ReadonlySet<string>,
): Promise<Set<string>> {
  const packages = new Map(
    loaded.map((label) => [filePath(label), packageOf(mainRepoSpelling(label)).slice(2)]),
  );
  const found = new Set(packages.has(start) ? [start] : []);
  // The set grows while it is walked.
  for (const path of found) {
    const text = await read(path);
    for (const label of text === undefined ? [] : loadsOf(text)) {
      const file = label === undefined ? undefined : mainFile(label, packages.get(path) ?? '', mainNames);
      if (file !== undefined && packages.has(file.path)) found.add(file.path);
    }
  }
  return found;
}

/** @returns the path of a label of the main repository, relative to the workspace; any other label as it is */
export function filePath(label: string): string {
  const spelling = mainRepoSpelling(label);
  if (!spelling.startsWith('//')) return label;
  return spelling.slice(2).replace(/^:/, '').replaceAll(':', '/');
}
