import pLimit from 'p-limit';
import { mainFile } from './main-label.ts';
import type { MainFile } from './main-label.ts';
import { loadsOf } from './starlark-calls.ts';

export interface TextLoadersInput {
  /** The packages of the main repository: directory and name of the BUILD file that counts. */
  packages: readonly { directory: string; buildFile: string }[];
  /** Names of the main repository, without `@`. */
  mainNames: ReadonlySet<string>;
  /** The bytes of a file of the commit, undefined when there is none. */
  read: (path: string) => Promise<Buffer | undefined>;
}

/**
 * Which packages load which .bzl and .scl files of the main repository, directly or not, by the text of their load
 * statements: Bazel prints the loads of a package only when its file is called BUILD, not BUILD.bazel.
 * @returns directories of packages by path; a text when a load statement was not understood
 */
export async function textLoaders(input: TextLoadersInput): Promise<Map<string, string[]> | string> {
  const { packages } = input;
  const loads = new Loads(input);
  const limit = pLimit(FILES_AT_ONCE);
  const roots = await Promise.all(
    packages.map(({ directory, buildFile }) =>
      limit(() => loads.of(mainFile(`//${directory}:${buildFile}`, '', new Set()) as MainFile)),
    ),
  );
  const [why] = loads.doubts;
  if (why !== undefined) return why;
  await loads.follow(roots.flat());
  if (loads.doubts[0] !== undefined) return loads.doubts[0];
  const users = new Map<string, string[]>();
  for (const [index, { directory }] of packages.entries())
    for (const path of loads.closure(roots[index] ?? [])) {
      const known = users.get(path);
      if (known === undefined) users.set(path, [directory]);
      else known.push(directory);
    }
  return users;
}

const FILES_AT_ONCE = 64;

class Loads {
  readonly doubts: string[] = [];
  readonly #input: TextLoadersInput;
  /** By path of a .bzl file: the paths that it loads. */
  readonly #direct: Map<string, readonly MainFile[]> = new Map();

  constructor(input: TextLoadersInput) {
    this.#input = input;
  }

  async of(file: MainFile): Promise<MainFile[]> {
    const { read, mainNames } = this.#input;
    const text = (await read(file.path))?.toString('utf8') ?? '';
    return loadsOf(text).flatMap((label) => {
      if (label !== undefined) return mainFile(label, file.package, mainNames) ?? [];
      this.doubts.push(`a load in ${file.path} is not given a literal string`);
      return [];
    });
  }

  async follow(files: readonly MainFile[]): Promise<void> {
    const open = [...files];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (this.#direct.has(file.path)) continue;
      const loaded = await this.of(file);
      this.#direct.set(file.path, loaded);
      open.push(...loaded);
    }
  }

  closure(files: readonly MainFile[]): Set<string> {
    const found = new Set<string>();
    const open = [...files];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (found.has(file.path)) continue;
      found.add(file.path);
      open.push(...(this.#direct.get(file.path) ?? []));
    }
    return found;
  }
}
