import { z } from 'zod';
import { addRecordedInput } from './recorded-inputs.ts';
import type { RecordedInputs, WorkspaceNames } from './recorded-inputs.ts';

/** What a lock file says of a module extension. */
export interface LockedExtension {
  id: ExtensionId;
  inputs: RecordedInputs;
}

export interface ExtensionId {
  /** Name of the module that defines it, '' for the main one. */
  module: string;
  name: string;
}

/**
 * Reads MODULE.bazel.lock (bazel.build/external/lockfile) of Bazel 6.2 to 9.
 * @returns undefined when it is no lock file
 */
export function lockedExtensions(text: string, workspace: WorkspaceNames): LockedExtension[] | undefined {
  const json = parseJson(text);
  const lock = Lock.safeParse(json);
  if (!lock.success) return undefined;
  return Object.entries(lock.data.moduleExtensions ?? {}).map(([key, evaluations]) => {
    const inputs: RecordedInputs = { files: [], directories: [], doubts: [] };
    // One for each platform that it was evaluated on.
    for (const evaluation of Object.values(evaluations)) addEvaluation(inputs, evaluation, workspace);
    if (inputs.doubts.length > 0) inputs.doubts = inputs.doubts.map((doubt) => `${doubt} of ${key}`);
    return { id: extensionOfKey(key), inputs };
  });
}

const Lock = z.looseObject({
  moduleExtensions: z.record(z.string(), z.record(z.string(), z.looseObject({}))).optional(),
});
const Digests = z.record(z.string(), z.string());
/** Bazel 7.1 to 8. */
const RecordedMaps = z.looseObject({
  recordedFileInputs: Digests,
  recordedDirentsInputs: Digests.optional(),
  recordedInputs: z.undefined().optional(),
});
/** Bazel 6.2 to 7.0. */
const FileDigests = z.looseObject({
  accumulatedFileDigests: Digests,
  recordedInputs: z.undefined().optional(),
});
/** Newer ones: as in marker files. */
const RecordedList = z.looseObject({
  recordedInputs: z.array(z.string()),
  recordedFileInputs: z.undefined().optional(),
});

function addEvaluation(inputs: RecordedInputs, evaluation: object, workspace: WorkspaceNames): void {
  const add = (key: string, value: string): void => {
    addRecordedInput(inputs, key, value, workspace);
  };
  const addMap = (kind: string, digests: Record<string, string>): void => {
    for (const [name, value] of Object.entries(digests)) add(`${kind}:${name}`, value);
  };
  const maps = RecordedMaps.safeParse(evaluation);
  const old = FileDigests.safeParse(evaluation);
  const list = RecordedList.safeParse(evaluation);
  if (maps.success) {
    addMap('FILE', maps.data.recordedFileInputs);
    addMap('DIRENTS', maps.data.recordedDirentsInputs ?? {});
  } else if (old.success) addMap('FILE', old.data.accumulatedFileDigests);
  else if (list.success)
    for (const entry of list.data.recordedInputs) {
      const space = entry.lastIndexOf(' ');
      add(entry.slice(0, space), entry.slice(space + 1));
    }
  else inputs.doubts.push('an evaluation in an unknown form');
}

/**
 * `//pkg:file.bzl%name` of the main module, `@@module~//pkg:file.bzl%name` (7) or `@@module+//…` (8) of another.
 * An isolated use adds `%…` to the name, which then is that of no repository.
 */
function extensionOfKey(key: string): ExtensionId {
  const [, repository = '', name = key] = /^(?:@@?([^/]*))?\/\/[^%]*%(.+)$/s.exec(key) ?? [];
  return { module: moduleOf(repository), name };
}

/**
 * The extension that a repository in the output base comes from, by its canonical name: `_main~ext~repo`,
 * `module~~ext~repo` or `module~1.2~ext~repo` before Bazel 8, `+ext+repo` and `module++ext+repo` since.
 * @returns undefined for modules themselves, and for repositories of `use_repo_rule` and WORKSPACE, which have markers
 *   of their own
 */
export function extensionOfRepository(canonicalName: string): ExtensionId | undefined {
  const [first = '', ...rest] = canonicalName.split(/[~+]/);
  const parts = moduleOf(first) === '' ? rest : rest.slice(1);
  const [name] = parts;
  if (parts.length < 2 || name === undefined || /^_repo_rules\d*$/.test(name)) return undefined;
  return { module: moduleOf(first), name };
}

function moduleOf(repository: string): string {
  const module = repository.replace(/[~+].*$/s, '');
  return module === '_main' ? '' : module;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
