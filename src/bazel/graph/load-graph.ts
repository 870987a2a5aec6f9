import pLimit from 'p-limit';
import { DewarError } from '../../core/errors.ts';
import { labelFile } from './main-label.ts';
import type { RepositoryFiles } from './repository-files.ts';
import { loadsOf } from './starlark-calls.ts';

/** A file that loads others, or is loaded. */
export interface LoadingFile {
  /** Canonical name of the repository, '' for the main one. */
  repository: string;
  /** Directory of the package, relative to the repository. */
  package: string;
  /** Relative to the repository. */
  path: string;
}

export interface LoadGraphInput {
  files: RepositoryFiles;
  /** Names of the main repository in its own files, without `@`. */
  mainNames: ReadonlySet<string>;
  /** Names of the main repository in files of others, besides `mainNames`. */
  aliases: ReadonlySet<string>;
  /** Whether any name may be one of the main repository in files of a repository. */
  anyNameMayBeMain: (repository: string) => boolean;
}

/**
 * What .bzl files load, by the text of their load statements. Which repository a name like `@x` stands for in some
 * repository is only known to Bazel: all that have such a file count. So there are never too few loads.
 */
export class LoadGraph {
  /** Why there may be more loads after all. */
  readonly doubts: string[] = [];
  /** Loads by files of the main repository for which there is no file: of repositories that were not fetched. */
  readonly absent: string[] = [];
  readonly #input: LoadGraphInput;
  readonly #loads: Map<string, readonly LoadingFile[]> = new Map();
  readonly #limit = pLimit(FILES_AT_ONCE);

  constructor(input: LoadGraphInput) {
    this.#input = input;
  }

  /** Reads some files and all that they load, directly or not. */
  async follow(files: readonly LoadingFile[]): Promise<void> {
    for (let open = this.#unseen(files); open.length > 0;) {
      const loaded = await Promise.all(open.map((file) => this.#limit(() => this.#read(file))));
      open = this.#unseen(loaded.flat());
    }
  }

  /** @returns what a file that was followed loads directly */
  loadsOf(file: LoadingFile): readonly LoadingFile[] {
    return this.#loads.get(keyOf(file)) ?? [];
  }

  /** @returns the files of the main repository that files which were followed load, also by way of other repositories */
  mainLoadsOf(files: readonly LoadingFile[]): LoadingFile[] {
    const found = new Map<string, LoadingFile>();
    const passed = new Set<string>();
    const open = files.flatMap((file) => this.loadsOf(file));
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      const key = keyOf(file);
      if (file.repository === '') found.set(key, file);
      else if (!passed.has(key)) {
        passed.add(key);
        open.push(...this.loadsOf(file));
      }
    }
    return [...found.values()];
  }

  /** @returns the files that a label in a file may stand for */
  async filesOf(label: string, file: LoadingFile): Promise<LoadingFile[]> {
    const { files, mainNames, aliases, anyNameMayBeMain } = this.#input;
    const to = labelFile(label, file.package);
    if (to === undefined) {
      this.doubts.push(`${nameOf(file)} loads ${label}, which is no label`);
      return [];
    }
    const at = (repository: string): LoadingFile => ({ repository, package: to.package, path: to.path });
    const name = to.repository;
    if (name === undefined) return [at(file.repository)];
    if (to.isCanonical && MAIN_NAMES.has(name)) return [at('')];
    const holders = await files.holding(to.path);
    if (to.isCanonical) return holders.includes(name) ? [at(name)] : [];
    const others = holders.map(at);
    const isMain =
      MAIN_NAMES.has(name) || mainNames.has(name) || (file.repository !== '' && aliases.has(name));
    if (isMain) return [at(''), ...others];
    if (others.length > 0 && !anyNameMayBeMain(file.repository)) return others;
    return (await files.read('', to.path)) === undefined ? others : [at(''), ...others];
  }

  /** @returns files that were not seen before; they are now */
  #unseen(files: readonly LoadingFile[]): LoadingFile[] {
    return files.filter((file) => {
      const key = keyOf(file);
      if (this.#loads.has(key)) return false;
      this.#loads.set(key, []);
      return true;
    });
  }

  async #read(file: LoadingFile): Promise<readonly LoadingFile[]> {
    const text = await this.#text(file);
    const loaded = new Map<string, LoadingFile>();
    for (const label of loadsOf(text)) {
      if (label === undefined) {
        this.doubts.push(`a load in ${nameOf(file)} is not given a literal string`);
        continue;
      }
      const targets = await this.filesOf(label, file);
      if (targets.length === 0 && file.repository === '')
        this.absent.push(`${nameOf(file)} loads ${label}, of a repository that is not in the output base`);
      for (const target of targets) loaded.set(keyOf(target), target);
    }
    const loads = [...loaded.values()];
    this.#loads.set(keyOf(file), loads);
    return loads;
  }

  async #text({ repository, path }: LoadingFile): Promise<string> {
    try {
      return (await this.#input.files.read(repository, path))?.toString('utf8') ?? '';
    } catch (error) {
      if (!(error instanceof DewarError)) throw error;
      this.doubts.push(error.message);
      return '';
    }
  }
}

const FILES_AT_ONCE = 64;
/** Spellings of its name that hold everywhere. */
const MAIN_NAMES: ReadonlySet<string> = new Set(['', '_main', '__main__']);

/** The same file has other neighbours under a label of another package. */
function keyOf({ repository, package: directory, path }: LoadingFile): string {
  return `${repository}//${directory}:${path}`;
}

function nameOf({ repository, path }: LoadingFile): string {
  return repository === '' ? path : `@@${repository}//${path}`;
}
