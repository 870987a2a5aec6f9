import type { LoadGraph, LoadingFile } from './load-graph.ts';
import { labelFile } from './main-label.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { loadsOf, stringsOf } from './starlark-calls.ts';

export interface RepositoryRootsInput {
  files: RepositoryFiles;
  /** Module and workspace files of the main repository. */
  moduleFiles: readonly string[];
}

/**
 * @returns the .bzl files that the module, workspace and prelude files of all repositories name: what module extensions
 *   and repository rules start from
 */
export async function repositoryRoots(
  { files, moduleFiles }: RepositoryRootsInput,
  graph: LoadGraph,
): Promise<LoadingFile[]> {
  const others = await files.others();
  const starts = [
    ...[...moduleFiles, PRELUDE].map((path) => ({ repository: '', path })),
    ...others.map((repository) => ({ repository, path: MODULE_FILE })),
  ];
  const found: LoadingFile[] = [];
  const texts = await Promise.all(starts.map(({ repository, path }) => files.read(repository, path)));
  for (const [at, { repository, path }] of starts.entries()) {
    const text = texts[at]?.toString('utf8');
    if (text === undefined) continue;
    const isModule = path.endsWith(MODULE_FILE);
    // Labels in included module files are absolute.
    const file = { repository, package: path === PRELUDE ? 'tools/build_rules' : '', path };
    const labels = isModule ? stringsOf(text).filter(namesBzl) : loadsOf(text);
    for (const label of labels) if (label !== undefined) found.push(...(await graph.filesOf(label, file)));
  }
  return found;
}

const MODULE_FILE = 'MODULE.bazel';
const PRELUDE = 'tools/build_rules/prelude_bazel';

function namesBzl(text: string): boolean {
  return /\.(?:bzl|scl)$/.test(text) && labelFile(text, '') !== undefined;
}
