import {
  bump,
  comment,
  content,
  contentOfClass,
  contentOfMany,
  extension,
  mode,
  readFile,
  repositoryBzl,
  unseenBuild,
} from './edit-contents.ts';
import { addLink, changeLink, linkToFile, removeLink, submodule } from './edit-links.ts';
import type { Submodule } from './edit-links.ts';
import { editPackageGroup } from './edit-package-group.ts';
import {
  addFile,
  addRule,
  besideBuild,
  deleteFile,
  fileForDirectory,
  join,
  moveBzl,
  removeRule,
  renameBuild,
  renameDirectory,
  split,
  splitInside,
  swapGenerated,
} from './edit-packages.ts';
import {
  attributes,
  chooser,
  externalDirectory,
  ignore,
  moduleFile,
  oddCase,
  prelude,
  rcFile,
  rootFile,
} from './edit-special.ts';
import type { Edit } from './edit.ts';
import type { Random } from './random.ts';
import { isBuild, isBzl } from './tree.ts';
import type { Tree } from './tree.ts';

/** A kind of edit, and how often it is drawn; those of weight 0 only when they are named. */
export type WeighedEdit = readonly [weight: number, edit: Edit];

export type Edits = Readonly<Record<string, WeighedEdit>>;

/** @returns edits by kind */
export function allEdits(dependency: Submodule): Edits {
  return {
    content: [14, content],
    'content of many': [4, contentOfMany],
    'content of a named class': [6, contentOfClass],
    comment: [3, comment],
    'bzl value': [6, bump(isBzl)],
    'bzl of repositories': [2, repositoryBzl],
    'bzl moved': [2, moveBzl],
    'BUILD value': [3, bump(isBuild)],
    'BUILD value unseen': [1, unseenBuild],
    'other value': [2, bump((path) => path.endsWith('.BUILD'))],
    'rule added': [4, addRule],
    'rule removed': [2, removeRule],
    package_group: [3, editPackageGroup],
    'generated file': [1, swapGenerated],
    'file added': [4, addFile],
    'file deleted': [3, deleteFile],
    'file for directory': [1, fileForDirectory],
    'package split': [3, split],
    'package split inside': [1, splitInside],
    'package joined': [2, join],
    'BUILD file renamed': [2, renameBuild],
    'BUILD.bazel beside BUILD': [1, besideBuild],
    'directory renamed': [1, renameDirectory],
    mode: [1, mode],
    'link added': [1, addLink],
    'link changed': [1, changeLink],
    'link removed': [1, removeLink],
    'link to file': [1, linkToFile],
    'file read': [2, readFile],
    'module file': [1, moduleFile],
    'root file': [1, rootFile],
    'rc file': [1, rcFile],
    bazelignore: [1, ignore],
    gitattributes: [1, attributes],
    prelude: [1, prelude],
    external: [1, externalDirectory],
    chooser: [1, chooser],
    'odd case': [1, oddCase],
    submodule: [1, submodule(dependency)],
    extension: [0, extension],
  };
}

/** Draws one edit that can be made, and makes it. */
export function randomEdit(
  edits: Edits,
  tree: Tree,
  random: Random,
  step: number,
): { kind: string; what: string } {
  const bag = Object.entries(edits).flatMap(([kind, [weight]]) =>
    Array.from<string>({ length: Math.max(1, weight) }).fill(kind),
  );
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const kind = random.pick(bag);
    const what = edits[kind]?.[1](tree, random, step);
    if (what !== undefined && what !== '') return { kind, what };
  }
  return { kind: 'nothing', what: 'no edit was possible' };
}

const MOST_TRIES = 200;
