import type { Edit } from './edit.ts';
import type { Random } from './random.ts';
import { filesOf, isBuild, isBzl, isSyntax, setText, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

export function content(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(filesOf(tree, (name) => !isSyntax(name)));
  setText(tree, path, `c${step} ${random.number(1000)}\n`);
  return path;
}

export function contentOfMany(tree: Tree, random: Random, step: number): string {
  return [content, content, content].map((edit) => edit(tree, random, step)).join(', ');
}

const CLASSES: readonly RegExp[] = [
  /^data\//,
  /^third\//,
  /^linked\//,
  /^odd\//,
  /\.sh$/,
  /\/sub\//,
  /^nowhere|^top|^external/,
  /absent|loose|\.json$|\.out$/,
  /lib\/(?:defs|listed)\.bzl$/,
];

export function contentOfClass(tree: Tree, random: Random, step: number): string | undefined {
  const wanted = random.pick(CLASSES);
  const paths = filesOf(tree, (path) => wanted.test(path) && (!isSyntax(path) || isBzl(path)));
  if (paths.length === 0) return undefined;
  const path = random.pick(paths);
  if (isBzl(path)) setText(tree, path, `${textOf(tree, path)}# c${step}\n`);
  else setText(tree, path, `c${step}\n`);
  return path;
}

export function comment(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(filesOf(tree, (name) => isSyntax(name) && !/\.(?:json|lock)$/.test(name)));
  setText(tree, path, `${textOf(tree, path)}# ${step}\n`);
  return path;
}

/** Changes one of the strings that stand for a value. */
export function bump(wanted: (path: string) => boolean): Edit {
  return (tree, random, step) => {
    const paths = filesOf(tree, (path) => wanted(path) && VALUE.test(textOf(tree, path)));
    if (paths.length === 0) return undefined;
    const path = random.pick(paths);
    const lines = textOf(tree, path).split('\n');
    const at = random.pick(lines.flatMap((line, index) => (VALUE.test(line) ? [index] : [])));
    lines[at] = (lines[at] ?? '').replace(/v\d+"/, `v${step}${random.number(100)}"`);
    setText(tree, path, lines.join('\n'));
    return path;
  };
}

const VALUE = /"[^"]*v\d+"/;

/** BUILD files that Bazel never looks at: .bazelignore or --deleted_packages names their directories. */
export const unseenBuild: Edit = bump((path) => isBuild(path) && /^(?:gone|ignored)\//.test(path));

/** .bzl files that make repositories, and those that other repositories load. */
export const repositoryBzl: Edit = bump(
  (path) => isBzl(path) && /^(?:ext|third)\/|^lib\/(?:for|gen)/.test(path),
);

export function mode(tree: Tree, random: Random): string | undefined {
  const path = random.pick(filesOf(tree));
  const executable = (tree.get(path) as { executable?: boolean }).executable !== true;
  tree.set(path, { text: textOf(tree, path), executable });
  return path;
}

/** What repository rules and module extensions read, list and watch. */
export function readFile(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick([
    'data/read.txt',
    'data/watched.txt',
    'data/maybe.txt',
    `data/list/${random.pick(['a', 'b', 'c'])}.txt`,
    'data/tree/a.txt',
    'data/tree/b/c.txt',
    `data/tree/new${step}.txt`,
    'data/deep/file.txt',
    'ext/lock.json',
    'ext/nl.BUILD',
  ]);
  const isOptional = /maybe|list|tree/.test(path);
  if (isOptional && tree.has(path) && random.once(2)) tree.delete(path);
  else if (path.endsWith('.BUILD')) setText(tree, path, textOf(tree, path).replace(/v\d+/, `v${step}`));
  else if (path === 'ext/lock.json') setText(tree, path, `["t0", "t1", "t${step}"]\n`);
  else setText(tree, path, `c${step}\n`);
  return `${path}${tree.has(path) ? '' : ' deleted'}`;
}

/** Uses what a module extension makes, or changes what it reads. */
export function extension(tree: Tree, random: Random, step: number): string | undefined {
  if (random.once(2)) {
    setText(tree, 'ext/made.json', `["m${step}"]\n`);
    return 'ext/made.json';
  }
  const path = filesOf(tree, isBuild).find((name) => /^p\d/.test(name));
  if (path === undefined) return undefined;
  const load = 'load("@made//:made.bzl", "MADE")';
  if (textOf(tree, path).includes(load)) return undefined;
  setText(tree, path, `${load}\n${textOf(tree, path)}filegroup(name = "made${step}", tags = [MADE])\n`);
  return `${path} uses @made`;
}
