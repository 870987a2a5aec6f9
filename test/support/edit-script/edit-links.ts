import type { Edit } from './edit.ts';
import { deleteOne, packageBuilds } from './edit-packages.ts';
import type { Random } from './random.ts';
import { directoryOf, isFree } from './tree.ts';
import type { Tree } from './tree.ts';

/** What a submodule may be at. */
export interface Submodule {
  url: string;
  commits: readonly string[];
}

const linksOf = (tree: Tree): string[] =>
  [...tree].filter(([, entry]) => 'link' in entry).map(([path]) => path);

export function addLink(tree: Tree, random: Random, step: number): string | undefined {
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
  if (!isFree(tree, path)) return undefined;
  tree.set(path, { link });
  return `${path} to ${link}`;
}

export function changeLink(tree: Tree, random: Random): string | undefined {
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

export function removeLink(tree: Tree, random: Random): string | undefined {
  return deleteOne(tree, random, linksOf(tree));
}

export function linkToFile(tree: Tree, random: Random, step: number): string | undefined {
  const links = linksOf(tree).filter((path) => path.endsWith('.txt'));
  if (links.length === 0) return undefined;
  const path = random.pick(links);
  tree.set(path, { text: `c${step}\n` });
  return path;
}

/** Adds a submodule, moves it to another of its commits, or removes it. */
export function submodule({ url, commits }: Submodule): Edit {
  return (tree, random) => {
    const old = [...tree].find(([, entry]) => 'submodule' in entry)?.[0];
    if (old !== undefined && random.once(3)) {
      tree.delete(old);
      tree.delete('.gitmodules');
      return `${old} removed`;
    }
    const builds = packageBuilds(tree).filter((path) => !path.includes('/deep/'));
    if (builds.length === 0) return undefined;
    const path = old ?? `${directoryOf(random.pick(builds))}/dependency`;
    if (old === undefined && !isFree(tree, path)) return undefined;
    const commit = random.pick(commits);
    tree.set('.gitmodules', { text: `[submodule "d"]\n\tpath = ${path}\n\turl = ${url}\n` });
    tree.set(path, { submodule: commit });
    return `${path} at ${commit}`;
  };
}
