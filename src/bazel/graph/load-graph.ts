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

/** The files that a load may mean: all that have the path, where it is not known which repository has the name. */
type Choice = readonly LoadingFile[];

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
  readonly #loads: Map<string, readonly Choice[]> = new Map();
  readonly #missing: Set<string> = new Set();
  /** Many files load the same ones. */
  readonly #choices: Map<string, Choice> = new Map();
  readonly #mainFiles: Map<Choice, readonly LoadingFile[]> = new Map();

  constructor(input: LoadGraphInput) {
    this.#input = input;
  }

  /** Reads some files and all that they load, directly or not. */
  async follow(files: readonly LoadingFile[]): Promise<void> {
    for (let open = this.#unseen(files); open.length > 0;) {
      const loaded = await Promise.all(open.map((file) => this.#read(file)));
      open = [...new Set(loaded.flat())].flatMap((choice) => this.#unseen(choice));
    }
  }

  /** @returns true for a file that was followed and is not there */
  isMissing(file: LoadingFile): boolean {
    return this.#missing.has(keyOf(file));
  }

  /** @returns the files of the main repository that a file which was followed loads, also by way of other repositories */
  mainLoadsOf(file: LoadingFile): LoadingFile[] {
    const choices = this.#loads.get(keyOf(file)) ?? [];
    return [
      ...new Map(
        choices.flatMap((choice) => this.#mainFilesOf(choice)).map((one) => [keyOf(one), one]),
      ).values(),
    ];
  }

  /** @returns the files that a label in a file may stand for */
  async filesOf(label: string, file: LoadingFile): Promise<Choice> {
    const { files, mainNames, aliases, anyNameMayBeMain } = this.#input;
    const to = labelFile(label, file.package);
    if (to === undefined) {
      this.doubts.push(`${nameOf(file)} loads ${label}, which is no label`);
      return [];
    }
    const at = (repository: string): LoadingFile => ({ repository, package: to.package, path: to.path });
    const only = (repository: string): Choice => this.#choice(keyOf(at(repository)), () => [at(repository)]);
    const name = to.repository;
    if (name === undefined) return only(file.repository);
    if (to.isCanonical && MAIN_NAMES.has(name)) return only('');
    const holders = await files.holding(to.path);
    if (to.isCanonical) return holders.includes(name) ? only(name) : [];
    const isNamed =
      MAIN_NAMES.has(name) || mainNames.has(name) || (file.repository !== '' && aliases.has(name));
    const mayBeMain = holders.length === 0 || anyNameMayBeMain(file.repository);
    const isMain = isNamed || (mayBeMain && (await files.read('', to.path)) !== undefined);
    return this.#choice(`${isMain ? '@main' : '@'}${keyOf(at(''))}`, () =>
      (isMain ? ['', ...holders] : holders).map(at),
    );
  }

  #choice(key: string, make: () => Choice): Choice {
    const choice = this.#choices.get(key) ?? make();
    this.#choices.set(key, choice);
    return choice;
  }

  #mainFilesOf(choice: Choice): readonly LoadingFile[] {
    const known = this.#mainFiles.get(choice);
    if (known !== undefined) return known;
    const found = new Set<LoadingFile>();
    const open = new Set([choice]);
    const passed = new Set<string>();
    // Grows while it is walked through.
    for (const files of open)
      for (const file of files) {
        const key = keyOf(file);
        if (file.repository === '') found.add(file);
        else if (!passed.has(key)) for (const next of this.#loads.get(key) ?? []) open.add(next);
        passed.add(key);
      }
    const result = [...found];
    this.#mainFiles.set(choice, result);
    return result;
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

  async #read(file: LoadingFile): Promise<readonly Choice[]> {
    const text = await this.#text(file);
    const loads = new Set<Choice>();
    for (const label of loadsOf(text)) {
      if (label === undefined) {
        this.doubts.push(`a load in ${nameOf(file)} is not given a literal string`);
        continue;
      }
      const choice = await this.filesOf(label, file);
      if (choice.length === 0 && file.repository === '')
        this.absent.push(`${nameOf(file)} loads ${label}, of a repository that is not in the output base`);
      loads.add(choice);
    }
    this.#loads.set(keyOf(file), [...loads]);
    return [...loads];
  }

  async #text(file: LoadingFile): Promise<string> {
    try {
      const text = await this.#input.files.read(file.repository, file.path);
      if (text === undefined) this.#missing.add(keyOf(file));
      return text?.toString('utf8') ?? '';
    } catch (error) {
      if (!(error instanceof DewarError)) throw error;
      this.doubts.push(error.message);
      return '';
    }
  }
}

/** Spellings of its name that hold everywhere. */
const MAIN_NAMES: ReadonlySet<string> = new Set(['', '_main', '__main__']);

/** The same file has other neighbours under a label of another package. */
function keyOf({ repository, package: directory, path }: LoadingFile): string {
  return `${repository}//${directory}:${path}`;
}

function nameOf({ repository, path }: LoadingFile): string {
  return repository === '' ? path : `@@${repository}//${path}`;
}
