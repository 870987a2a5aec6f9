import { editPackageGroup } from './edit-package-group.ts';
import type { Random } from './random.ts';
import { randomRule } from './first-tree.ts';
import { directoryOf, filesOf, isBuild, isBzl, isFree, isSyntax, setText, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** @returns what was done; undefined when the tree has nothing to do it to */
export type Edit = (tree: Tree, random: Random, step: number) => string | undefined;

/** Kinds of edits, and how often each is drawn. */
export const EDITS: Readonly<Record<string, readonly [weight: number, edit: Edit]>> = {
  content: [14, content],
  'content of many': [
    4,
    (tree, random, step) => [content, content, content].map((edit) => edit(tree, random, step)).join(', '),
  ],
  'content of a named class': [10, contentOfClass],
  comment: [3, comment],
  'bzl value': [5, bump(isBzl)],
  'BUILD value': [3, bump(isBuild)],
  'other value': [2, bump((path) => path.endsWith('.BUILD'))],
  'rule added': [3, addRule],
  'rule removed': [2, removeRule],
  package_group: [3, editPackageGroup],
  'file added': [3, addFile],
  'file deleted': [
    2,
    (tree, random) =>
      deleteOne(
        tree,
        random,
        filesOf(tree, (path) => !isSyntax(path)),
      ),
  ],
  'package split': [2, split],
  'package joined': [
    1,
    (tree, random) =>
      deleteOne(
        tree,
        random,
        filesOf(tree, (path) => isBuild(path) && /p\d/.test(path)),
      ),
  ],
  'BUILD file renamed': [2, renameBuild],
  'BUILD.bazel beside BUILD': [1, besideBuild],
  'directory renamed': [1, renameDirectory],
  mode: [2, mode],
  'link added': [2, addLink],
  'link changed': [2, changeLink],
  'link removed': [1, (tree, random) => deleteOne(tree, random, linksOf(tree))],
  'link to file': [1, linkToFile],
  'module file': [1, moduleFile],
  'rc file': [1, rcFile],
  'lock names': [1, lockNames],
  bazelignore: [1, ignore],
  gitattributes: [1, attributes],
};

/** Draws one edit that can be made, and makes it. */
export function randomEdit(
  tree: Tree,
  random: Random,
  step: number,
  kinds: readonly string[],
): { kind: string; what: string } {
  const bag = kinds.flatMap((kind) => Array.from<string>({ length: EDITS[kind]?.[0] ?? 0 }).fill(kind));
  for (;;) {
    const kind = random.pick(bag);
    const what = EDITS[kind]?.[1](tree, random, step);
    if (what !== undefined && what !== '') return { kind, what };
  }
}

function content(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(filesOf(tree, (name) => !isSyntax(name)));
  setText(tree, path, `c${step} ${random.number(1000)}\n`);
  return path;
}

const CLASSES: readonly RegExp[] = [
  /^data\//,
  /^third\//,
  /^linked\//,
  /^odd\//,
  /\.sh$/,
  /\/sub\//,
  /^nowhere|^top/,
  /absent|loose|\.json$/,
  /lib\/(?:defs|listed)\.bzl$/,
];

function contentOfClass(tree: Tree, random: Random, step: number): string | undefined {
  const wanted = random.pick(CLASSES);
  const paths = filesOf(tree, (path) => wanted.test(path) && (!isSyntax(path) || isBzl(path)));
  if (paths.length === 0) return undefined;
  const path = random.pick(paths);
  if (isBzl(path)) setText(tree, path, `${textOf(tree, path)}# c${step}\n`);
  else setText(tree, path, `c${step}\n`);
  return path;
}

function comment(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(filesOf(tree, (name) => isSyntax(name) && !name.endsWith('.json')));
  setText(tree, path, `${textOf(tree, path)}# ${step}\n`);
  return path;
}

function bump(wanted: (path: string) => boolean): Edit {
  return (tree, random, step) => {
    const paths = filesOf(tree, (path) => wanted(path) && /"[^"]*v\d+"/.test(textOf(tree, path)));
    if (paths.length === 0) return undefined;
    const path = random.pick(paths);
    const lines = textOf(tree, path).split('\n');
    const at = random.pick(lines.flatMap((line, index) => (/"[^"]*v\d+"/.test(line) ? [index] : [])));
    lines[at] = (lines[at] ?? '').replace(/v\d+"/, `v${step}${random.number(100)}"`);
    setText(tree, path, lines.join('\n'));
    return path;
  };
}

const packageBuilds = (tree: Tree): string[] =>
  filesOf(tree, (path) => isBuild(path) && /(?:^|\/)p\d+\w*\//.test(path));

function addRule(tree: Tree, random: Random, step: number): string | undefined {
  const builds = packageBuilds(tree);
  if (builds.length === 0) return undefined;
  const path = random.pick(builds);
  const { line, loads } = randomRule(tree, `n${step}`, random);
  const old = textOf(tree, path);
  const missing = loads.filter((load) => !old.includes(load));
  setText(tree, path, `${[...missing, old.trimEnd(), line].join('\n')}\n`);
  return `${path}: ${line}`;
}

function removeRule(tree: Tree, random: Random): string | undefined {
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

function addFile(tree: Tree, random: Random, step: number): string | undefined {
  const directories = [...new Set(filesOf(tree).map(directoryOf))];
  const directory = random.pick(directories);
  const name = random.pick([
    `new${step}.txt`,
    `new${step}.json`,
    'absent.txt',
    `deep${step}/x.txt`,
    `x${step}.bzl`,
  ]);
  const path = directory === '' ? name : `${directory}/${name}`;
  if (!isFree(tree, path)) return undefined;
  tree.set(path, { text: name.endsWith('.bzl') ? 'Q = 1\n' : `c${step}\n` });
  return path;
}

function deleteOne(tree: Tree, random: Random, paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const path = random.pick(paths);
  tree.delete(path);
  return path;
}

function split(tree: Tree, random: Random, step: number): string | undefined {
  const directories = [
    ...new Set(
      filesOf(tree, (path) => /^(?:p\d|data|odd|linked|nowhere|real|third\/nl)/.test(path)).map(directoryOf),
    ),
  ];
  const directory = random.pick(directories);
  const path = `${directory}/${random.pick(['BUILD', 'BUILD.bazel'])}`;
  if (!isFree(tree, path)) return undefined;
  setText(
    tree,
    path,
    `filegroup(name = "all${step}", srcs = glob(["*.txt"], allow_empty = True), visibility = ["//visibility:public"])\n`,
  );
  return path;
}

function renameBuild(tree: Tree, random: Random): string | undefined {
  const path = random.pick(filesOf(tree, isBuild));
  const other = path.endsWith('.bazel') ? path.slice(0, -'.bazel'.length) : `${path}.bazel`;
  const entry = tree.get(path);
  if (entry === undefined || !isFree(tree, other)) return undefined;
  tree.delete(path);
  tree.set(other, entry);
  return `${path} to ${other}`;
}

function besideBuild(tree: Tree, random: Random): string | undefined {
  const path = random.pick(filesOf(tree, (name) => name.endsWith('/BUILD')));
  if (tree.has(`${path}.bazel`)) tree.delete(path);
  else setText(tree, `${path}.bazel`, `${textOf(tree, path)}filegroup(name = "beside")\n`);
  return path;
}

function renameDirectory(tree: Tree, random: Random, step: number): string | undefined {
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

function mode(tree: Tree, random: Random): string | undefined {
  const path = random.pick(filesOf(tree));
  tree.set(path, {
    text: textOf(tree, path),
    executable: (tree.get(path) as { executable?: boolean }).executable !== true,
  });
  return path;
}

const linksOf = (tree: Tree): string[] =>
  [...tree].filter(([, entry]) => 'link' in entry).map(([path]) => path);

function addLink(tree: Tree, random: Random, step: number): string | undefined {
  const [name, link] = random.pick([
    [`l${step}.txt`, 'a.txt'],
    [`l${step}.txt`, 'sub/c.txt'],
    [`ld${step}`, 'sub'],
    [`l${step}.txt`, '../nowhere/x.txt'],
    [`ld${step}`, '../nowhere'],
    [`l${step}.txt`, 'dangling'],
    [`l${step}.txt`, '../top.txt'],
  ] as const);
  const builds = packageBuilds(tree);
  if (builds.length === 0) return undefined;
  const path = `${directoryOf(random.pick(builds))}/${name}`;
  tree.set(path, { link });
  return `${path} to ${link}`;
}

function changeLink(tree: Tree, random: Random): string | undefined {
  const links = linksOf(tree);
  if (links.length === 0) return undefined;
  const path = random.pick(links);
  const link = random.pick([
    '../linked/file.txt',
    '../linked/dir',
    '../linked/dir/a.txt',
    '../top.txt',
    '../real/x.bzl',
    'dangling',
  ]);
  tree.set(path, { link });
  return `${path} to ${link}`;
}

function linkToFile(tree: Tree, random: Random, step: number): string | undefined {
  const links = linksOf(tree).filter((path) => path.endsWith('.txt'));
  if (links.length === 0) return undefined;
  const path = random.pick(links);
  tree.set(path, { text: `c${step}\n` });
  return path;
}

function moduleFile(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(['MODULE.bazel', 'more.MODULE.bazel']);
  const text = textOf(tree, path);
  const lr = `lr${step}`;
  const line = path.startsWith('more') ? `local_repository(name = "${lr}", path = "third/lr")` : `# ${step}`;
  setText(tree, path, `${text}${line}\n`);
  return `${path}: ${line}`;
}

function rcFile(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(['.bazelrc', 'tools/shared.settings', 'tools/none.settings']);
  setText(
    tree,
    path,
    `${textOf(tree, path)}${random.pick([`# ${step}`, 'common --deleted_packages=odd', 'query --noimplicit_deps'])}\n`,
  );
  return path;
}

function lockNames(tree: Tree, _random: Random, step: number): string | undefined {
  setText(tree, 'ext/lock.json', `["t0", "t1", "t${step}"]\n`);
  return 'ext/lock.json';
}

function ignore(tree: Tree, random: Random): string | undefined {
  setText(tree, '.bazelignore', `${random.pick(['nothing', 'odd', 'third/lr', 'nowhere'])}\n`);
  return '.bazelignore';
}

function attributes(tree: Tree, random: Random): string | undefined {
  const path = random.pick(['.gitattributes', 'data/.gitattributes']);
  setText(
    tree,
    path,
    `${random.pick(['*.txt text', '*.txt text eol=crlf', '*.txt -text', '*.txt ident'])}\n`,
  );
  return path;
}
