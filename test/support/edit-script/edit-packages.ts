import type { Random } from './random.ts';
import { missingLoads, randomRule } from './random-rule.ts';
import { directoryOf, filesOf, isBuild, isBzl, isFree, isSyntax, setText, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** BUILD files of the packages whose rules are random. */
export function packageBuilds(tree: Tree): string[] {
  return filesOf(tree, (path) => isBuild(path) && /(?:^|\/)p\d+\w*\//.test(path));
}

export function addRule(tree: Tree, random: Random, step: number): string | undefined {
  const builds = packageBuilds(tree);
  if (builds.length === 0) return undefined;
  const path = random.pick(builds);
  const { line, loads } = randomRule(tree, `n${step}`, random);
  const old = textOf(tree, path);
  const missing = missingLoads(loads, old);
  setText(tree, path, `${[...missing, old.trimEnd(), line].join('\n')}\n`);
  return `${path}: ${line}`;
}

export function removeRule(tree: Tree, random: Random): string | undefined {
  const builds = packageBuilds(tree);
  if (builds.length === 0) return undefined;
  const path = random.pick(builds);
  const lines = textOf(tree, path).split('\n');
  const rules = lines.flatMap((line, index) => (line.includes('name = "') ? [index] : []));
  if (rules.length < 2) return undefined;
  const [gone] = lines.splice(random.pick(rules), 1);
  setText(tree, path, lines.join('\n'));
  return `${path}: ${gone ?? ''}`;
}

/** A generated file becomes a source file of the same name, or the other way round. */
export function swapGenerated(tree: Tree, random: Random, step: number): string | undefined {
  const builds = packageBuilds(tree);
  if (builds.length === 0) return undefined;
  const path = random.pick(builds);
  const file = `${directoryOf(path)}/r0.out`;
  const generates = 'outs = ["r0.out"]';
  if (textOf(tree, path).includes(generates)) {
    setText(tree, path, textOf(tree, path).replace(generates, `outs = ["other${step}.out"]`));
    if (isFree(tree, file)) tree.set(file, { text: `c${step}\n` });
    return `${file} is a source now`;
  }
  if (!tree.delete(file)) return undefined;
  setText(tree, path, `${textOf(tree, path)}genrule(name = "g${step}", ${generates}, cmd = "v1")\n`);
  return `${file} is generated now`;
}

export function addFile(tree: Tree, random: Random, step: number): string | undefined {
  const directory = random.pick([...new Set(filesOf(tree).map(directoryOf))]);
  const name = random.pick([
    `new${step}.txt`,
    `new${step}.json`,
    'absent.txt',
    'r0.out',
    'n',
    `deep${step}/x.txt`,
    `ö${step}.txt`,
    `x${step}.bzl`,
  ]);
  const path = directory === '' ? name : `${directory}/${name}`;
  if (!isFree(tree, path)) return undefined;
  tree.set(path, { text: name.endsWith('.bzl') ? 'Q = 1\n' : `c${step}\n` });
  return path;
}

export function deleteFile(tree: Tree, random: Random): string | undefined {
  return deleteOne(
    tree,
    random,
    filesOf(tree, (path) => !isSyntax(path)),
  );
}

/** A directory of files becomes a file of its name, or a file becomes a directory. */
export function fileForDirectory(tree: Tree, random: Random, step: number): string | undefined {
  const paths = filesOf(tree, (path) => /(?:^|\/)p\d+\/(?:sub$|sub\/)|^linked\/dir\//.test(path));
  if (paths.length === 0) return undefined;
  const path = random.pick(paths).replace(/(\/sub|^linked\/dir)\/.*$/s, '$1');
  const isFile = tree.delete(path);
  for (const other of tree.keys()) if (other.startsWith(`${path}/`)) tree.delete(other);
  tree.set(isFile ? `${path}/c.txt` : path, { text: `c${step}\n` });
  return path;
}

export function deleteOne(tree: Tree, random: Random, paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const path = random.pick(paths);
  tree.delete(path);
  return path;
}

const SPLIT = /^(?:p\d|data|odd|linked|nowhere|real|third\/nl|lib|ext|tools)/;

/** Adds a BUILD file, in any directory that can have one. */
export function split(tree: Tree, random: Random, step: number): string | undefined {
  const directories = filesOf(tree, (path) => SPLIT.test(path)).map(directoryOf);
  const directory = random.pick([...new Set(directories)]);
  const path = `${directory}/${random.pick(['BUILD', 'BUILD.bazel'])}`;
  if (!isFree(tree, path)) return undefined;
  setText(
    tree,
    path,
    `filegroup(name = "all${step}", srcs = glob(["*.txt"], allow_empty = True), visibility = ["//visibility:public"])\n`,
  );
  return path;
}

/** Adds a BUILD file where labels of another package name files, or deletes it again. */
export function splitInside(tree: Tree, random: Random, step: number): string {
  const path = `${random.pick(['data/deep', 'ext/inner', 'lib/deep'])}/BUILD`;
  if (!tree.delete(path)) setText(tree, path, `filegroup(name = "inside${step}")\n`);
  return path;
}

export function join(tree: Tree, random: Random): string | undefined {
  const often = filesOf(tree, (path) => isBuild(path) && /p\d|deep|inner|tree/.test(path));
  return deleteOne(tree, random, random.once(4) ? filesOf(tree, isBuild) : often);
}

export function renameBuild(tree: Tree, random: Random): string | undefined {
  const path = random.pick(filesOf(tree, isBuild));
  const other = path.endsWith('.bazel') ? path.slice(0, -'.bazel'.length) : `${path}.bazel`;
  const entry = tree.get(path);
  if (entry === undefined || !isFree(tree, other)) return undefined;
  tree.delete(path);
  tree.set(other, entry);
  return `${path} to ${other}`;
}

export function besideBuild(tree: Tree, random: Random): string | undefined {
  const path = random.pick(filesOf(tree, isBuild)).replace(/\.bazel$/, '');
  if (tree.has(path) && tree.has(`${path}.bazel`)) tree.delete(random.once(2) ? path : `${path}.bazel`);
  else if (tree.has(path))
    setText(tree, `${path}.bazel`, `${textOf(tree, path)}filegroup(name = "beside")\n`);
  else setText(tree, path, 'filegroup(name = "hidden")\n');
  return path;
}

export function renameDirectory(tree: Tree, random: Random, step: number): string | undefined {
  const directories = [...new Set(packageBuilds(tree).map(directoryOf))].filter(
    (path) => !path.includes('/'),
  );
  if (directories.length === 0) return undefined;
  const from = random.pick(directories);
  const to = `p${100 + step}`;
  const moved = [...tree].filter(([path]) => path.startsWith(`${from}/`));
  for (const [path, entry] of moved) {
    tree.delete(path);
    tree.set(to + path.slice(from.length), entry);
  }
  for (const path of filesOf(tree, isBuild))
    setText(
      tree,
      path,
      textOf(tree, path).replaceAll(`"//${from}:`, `"//${to}:`).replaceAll(`"//${from}/`, `"//${to}/`),
    );
  return `${from} to ${to}`;
}

const LOADED = /lib\/(?:macros|rule|deep\/consts|inner\/consts)\.bzl$/;

/** A loaded .bzl file moves to another package, and those that load it with it; or it goes, or comes back. */
export function moveBzl(tree: Tree, random: Random, step: number): string | undefined {
  const paths = filesOf(tree, (path) => isBzl(path) && (LOADED.test(path) || /m\d+\.bzl$/.test(path)));
  if (paths.length === 0) return undefined;
  const from = random.pick(paths);
  const to = `lib/m${step}.bzl`;
  const entry = tree.get(from);
  if (entry === undefined) return undefined;
  if (random.once(2)) {
    // The new file stands between: the old label stays.
    const names = [...textOf(tree, from).matchAll(/^(?:def )?(\w+)(?= ?[=(])/gm)].map(([, name]) => name);
    const loads = names.map((name) => `_${name} = "${name}"`).join(', ');
    if (names.length === 0) return undefined;
    tree.set(to, entry);
    setText(
      tree,
      from,
      [`load("//lib:m${step}.bzl", ${loads})`, ...names.map((name) => `${name} = _${name}`), ''].join('\n'),
    );
    return `${from} loads ${to}`;
  }
  tree.delete(from);
  tree.set(to, entry);
  const old = new RegExp(`//[\\w/]*:?[\\w/]*\\b${from.slice('lib/'.length).replace('/', '[:/]')}"`, 'g');
  for (const path of filesOf(tree, (name) => isBuild(name) || isBzl(name)))
    setText(tree, path, textOf(tree, path).replaceAll(old, `//lib:m${step}.bzl"`));
  return `${from} to ${to}`;
}
