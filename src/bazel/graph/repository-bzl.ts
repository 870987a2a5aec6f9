import { compareText } from '../../core/compare-text.ts';
import { mainFile } from './main-label.ts';
import { callsOf, loadsOf, stringsOf } from './starlark-calls.ts';
import type { CallArgument } from './starlark-calls.ts';

/** What the text of the module and workspace files of a commit says. Paths are relative to the workspace, sorted. */
export interface RepositoryBzl {
  /**
   * The .bzl files of the main repository that module extensions, repository rules, WORKSPACE files and the prelude
   * are made of, with all that they load. Those that are missing too.
   */
  bzl: string[];
  /** Module and workspace files, and what a string in a module file may name: patches, lists of requirements. */
  readPaths: string[];
  /** Names of the main repository, without `@`. */
  mainNames: string[];
  /** Names of the module extensions that the main module uses. */
  extensions: string[];
  /** False when something was not understood: then any .bzl file may be one of these. */
  complete: boolean;
  /** What was not understood. */
  why?: string;
}

/** @param read the bytes of a file of the commit, undefined when there is none */
export async function readRepositoryBzl(
  read: (path: string) => Promise<Buffer | undefined>,
): Promise<RepositoryBzl> {
  const scan = new Scan(read);
  await scan.module('MODULE.bazel', '');
  for (const path of WORKSPACE_FILES) await scan.loads(path, '');
  await scan.loads('tools/build_rules/prelude_bazel', 'tools/build_rules');
  const [why] = scan.doubts;
  return {
    bzl: [...scan.bzl].toSorted(compareText),
    readPaths: [...scan.readPaths].toSorted(compareText),
    mainNames: [...scan.mainNames].toSorted(compareText),
    extensions: [...scan.extensions].toSorted(compareText),
    complete: why === undefined,
    ...(why === undefined ? {} : { why }),
  };
}

const WORKSPACE_FILES = ['WORKSPACE', 'WORKSPACE.bazel', 'WORKSPACE.bzlmod'];
const NAMING: ReadonlySet<string> = new Set(['module', 'workspace']);
const MODULE_CALLS: ReadonlySet<string> = new Set(['use_extension', 'use_repo_rule', 'include']);

class Scan {
  readonly bzl: Set<string> = new Set();
  readonly readPaths: Set<string> = new Set();
  readonly extensions: Set<string> = new Set();
  readonly doubts: string[] = [];
  readonly #read: (path: string) => Promise<Buffer | undefined>;
  readonly mainNames: Set<string> = new Set();
  readonly #seen: Set<string> = new Set();

  constructor(read: (path: string) => Promise<Buffer | undefined>) {
    this.#read = read;
  }

  /** A MODULE.bazel file or one that it includes. */
  async module(path: string, directory: string): Promise<void> {
    const text = await this.#text(path);
    if (text === undefined) return;
    this.readPaths.add(path);
    this.#learnNames(text);
    for (const string of stringsOf(text)) {
      const named = mainFile(string, directory, this.mainNames);
      if (named !== undefined && named.path !== '') this.readPaths.add(named.path);
    }
    for (const { name, arguments: given } of callsOf(text, MODULE_CALLS)) {
      const label = argument(given, 0, LABEL_KEYWORDS);
      if (label === undefined) {
        this.doubts.push(`${name} in ${path} is not given a literal string`);
        continue;
      }
      if (name === 'use_extension') this.#addExtension(path, argument(given, 1, NAME_KEYWORDS));
      await this.#follow(name, label, path, directory);
    }
  }

  /** A file that loads .bzl files: of the package `directory`. */
  async loads(path: string, directory: string): Promise<void> {
    const text = await this.#text(path);
    if (text === undefined) return;
    this.#learnNames(text);
    if (!path.endsWith('.bzl') && !path.endsWith('.scl')) this.readPaths.add(path);
    for (const label of loadsOf(text)) {
      if (label === undefined) this.doubts.push(`a load in ${path} is not given a literal string`);
      else await this.#addBzl(label, directory);
    }
  }

  async #follow(call: string, label: string, path: string, directory: string): Promise<void> {
    // Which package a relative label of an included file starts from is not said anywhere.
    if (directory !== '' && !/^@|^\/\//.test(label))
      this.doubts.push(`${path} names ${label}, which is relative`);
    if (call !== 'include') return this.#addBzl(label, directory);
    const included = mainFile(label, directory, this.mainNames);
    if (included === undefined) this.doubts.push(`${path} includes ${label}, of another repository`);
    else await this.module(included.path, included.package);
  }

  async #addBzl(label: string, directory: string): Promise<void> {
    const file = mainFile(label, directory, this.mainNames);
    if (file === undefined) return;
    this.bzl.add(file.path);
    await this.loads(file.path, file.package);
  }

  #addExtension(path: string, name: string | undefined): void {
    if (name === undefined) this.doubts.push(`use_extension in ${path} is not given a literal name`);
    else this.extensions.add(name);
  }

  #learnNames(text: string): void {
    for (const { arguments: given } of callsOf(text, NAMING))
      for (const { keyword, text: name } of given)
        if ((keyword === 'name' || keyword === 'repo_name') && name !== undefined) this.mainNames.add(name);
  }

  /** @returns undefined for a file that is missing or was read before */
  async #text(path: string): Promise<string | undefined> {
    if (this.#seen.has(path)) return undefined;
    this.#seen.add(path);
    return (await this.#read(path))?.toString('utf8');
  }
}

const LABEL_KEYWORDS = ['extension_bzl_file', 'repo_rule_bzl_file', 'label'];
const NAME_KEYWORDS = ['extension_name'];

/** @returns the literal text of an argument given by position or by name */
function argument(
  given: readonly CallArgument[],
  position: number,
  keywords: readonly string[],
): string | undefined {
  const named = given.find(({ keyword }) => keyword !== undefined && keywords.includes(keyword));
  if (named !== undefined) return named.text;
  const at = given[position];
  return at?.keyword === undefined ? at?.text : undefined;
}
