import type { RepositoryFiles } from './repository-files.ts';
import { callsOf } from './starlark-calls.ts';

/** What the main repository is called in files of other repositories. */
export interface NamesOfMain {
  /** Names that other modules give to the main one. */
  aliases: Set<string>;
  /** Whether any name may be one of the main repository in files of a repository. */
  anyNameMayBeMain: (repository: string) => boolean;
}

/**
 * @param files of all repositories
 * @param moduleFiles module and workspace files of the main repository
 * @param mainNames its names in its own files
 */
export async function namesOfMain(
  files: RepositoryFiles,
  moduleFiles: readonly string[],
  mainNames: ReadonlySet<string>,
): Promise<NamesOfMain> {
  const read = async (repository: string, path: string): Promise<string> =>
    (await files.read(repository, path))?.toString('utf8') ?? '';
  const own = await Promise.all(moduleFiles.map(async (path) => ({ path, text: await read('', path) })));
  const isInjected = own.some(({ text }) => callsOf(text, INJECTING).length > 0);
  // Repository rules of a WORKSPACE take a `repo_mapping`.
  const hasWorkspace = own.some(({ path, text }) => /(?:^|\/)WORKSPACE[^/]*$/.test(path) && isUsed(text));
  const aliases = new Set<string>();
  let isUnclear = false;
  const others = await files.others();
  const texts = await Promise.all(others.map((repository) => read(repository, 'MODULE.bazel')));
  for (const text of texts) {
    for (const { arguments: given } of callsOf(text, DEPENDING)) {
      const name = given.find(({ keyword }) => keyword === 'name');
      const alias = given.find(({ keyword }) => keyword === 'repo_name');
      if (alias === undefined || (name?.text !== undefined && !mainNames.has(name.text))) continue;
      if (alias.text === undefined) isUnclear ||= mainNames.size > 0;
      else aliases.add(alias.text);
    }
  }
  return {
    aliases,
    anyNameMayBeMain: (repository) => isInjected || (repository !== '' && (hasWorkspace || isUnclear)),
  };
}

/** Give a repository to a module extension of another module under any name. */
const INJECTING: ReadonlySet<string> = new Set(['override_repo', 'inject_repo']);
const DEPENDING: ReadonlySet<string> = new Set(['bazel_dep']);

/** Many modules keep an empty WORKSPACE. */
function isUsed(workspace: string): boolean {
  const text = workspace.replaceAll(/#[^\n]*/g, '').replace(/\bworkspace\s*\([^)]*\)/, '');
  return text.trim() !== '';
}
