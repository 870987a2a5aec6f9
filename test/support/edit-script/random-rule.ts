import { PUBLIC } from './add-file.ts';
import type { Random } from './random.ts';
import type { Tree } from './tree.ts';

/** One rule per line, so that edits can add, change and remove lines. */
export function addPackage(tree: Tree, directory: string, buildFile: string, random: Random): void {
  const names = ['a.txt', 'b.txt', 'run.sh', 'sub/c.txt', 'sub/d/e.txt', 'loose.txt', 'data.json'];
  for (const name of names) tree.set(`${directory}/${name}`, { text: 'c0\n', executable: name === 'run.sh' });
  const lines = [PUBLIC, ...random.pick([[], ['exports_files(["loose.txt"])']])];
  const loads: string[] = [];
  for (let at = 0; at < 6; at++) {
    const rule = randomRule(tree, `r${at}`, random);
    loads.push(...missingLoads(rule.loads, loads.join('\n')));
    lines.push(rule.line);
  }
  tree.set(`${directory}/${buildFile}`, { text: [...loads, ...lines, ''].join('\n') });
}

/** @returns the loads whose name a BUILD file has not yet: one file may be spelled in more than one way */
export function missingLoads(loads: readonly string[], text: string): string[] {
  return loads.filter((load) => !text.includes(load.slice(load.lastIndexOf(','))));
}

/** A rule on one line, which may refer to other packages of the tree, and what it needs loaded. */
export function randomRule(tree: Tree, name: string, random: Random): { line: string; loads: string[] } {
  const source = random.pick(SOURCES);
  const others = [...tree.keys()].flatMap((path) => /^((?:\w+\/)*p\d+)\/BUILD/.exec(path)?.[1] ?? []);
  const other = others.length === 0 ? [] : [`//${random.pick(others)}:${random.pick(TARGETS)}`];
  const label = random.pick([source, source, source, random.pick(ELSEWHERE), ...other, ...other]);
  const [line, ...loads] = random.once(2)
    ? random.pick(PLAIN_RULES)(name, label)
    : random.pick(LOADING_RULES)(name, label, random.pick(['', '', '@', '@@', '@small']));
  return { line, loads };
}

const SOURCES = ['a.txt', 'b.txt', 'sub/c.txt', 'run.sh', 'sub', 'sub/d/e.txt', 'absent.txt', 'r0.out', 'n'];
const TARGETS = ['r0', 'r1', 'r2', 'a.txt', 'loose.txt', 'r0.out', 'sub', 'absent.txt'];
const ELSEWHERE = [
  '@gen//:read',
  '@gen//:t0',
  '@lm//:lm',
  '@lm//:a.txt',
  '@lr//:lr',
  '@nl//:nl',
  '@nl//:a.txt',
  '//data:unread.txt',
  '//data:read.txt',
  '//links:f.txt',
  '//links:d/a.txt',
  '//lib:listed.bzl',
  '//lib:macros.bzl',
  '//odd:with space.txt',
  '//odd:ünïcode.txt',
];

type Lines = [line: string, ...loads: string[]];

const PLAIN_RULES: readonly ((name: string, label: string) => Lines)[] = [
  (name, label) => [`filegroup(name = "${name}", srcs = ["${label}"], tags = ["v0"])`],
  (name) => [`filegroup(name = "${name}", srcs = glob(["**/*.txt"]))`],
  (name) => [
    `filegroup(name = "${name}", srcs = glob(["*.json"], allow_empty = True), tags = subpackages(include = ["**"], allow_empty = True))`,
  ],
  (name, label) => [
    `genrule(name = "${name}", srcs = ["${label}"], outs = ["${name}.out"], cmd = "cp $< $@")`,
  ],
  (name, label) => [
    `genrule(name = "${name}", tools = ["run.sh"], srcs = ["${label}"], outs = ["${name}.out"], cmd = "v1")`,
  ],
  (name, label) => [`alias(name = "${name}", actual = "${label}")`],
];

const LOADING_RULES: readonly ((name: string, label: string, at: string) => Lines)[] = [
  (name, label, at) => [
    `thing(name = "${name}", srcs = ["${label}"])`,
    `load("${at}//lib:macros.bzl", "thing")`,
  ],
  (name, label, at) => [
    `thing_rule(name = "${name}", srcs = ["${label}"])`,
    `load("${at}//lib:rule.bzl", "thing_rule")`,
  ],
  (name, _, at) => [
    `filegroup(name = "${name}", srcs = ["a.txt"], tags = [S])`,
    `load("${at}//lib:s.scl", "S")`,
  ],
  (name, _, at) => [`filegroup(name = "${name}", tags = [D])`, `load("${at}//lib:deep/consts.bzl", "D")`],
  (name) => [`filegroup(name = "${name}", srcs = ["b.txt"], tags = [X])`, 'load("//lib:link.bzl", "X")'],
  (name, label) => [
    `filegroup(name = "${name}", srcs = ["${label}"], tags = [WW])`,
    'load("@lr//:w.bzl", "WW")',
  ],
  (name) => [`filegroup(name = "${name}", tags = [G])`, 'load("@gen//:defs.bzl", "G")'],
  (name) => [`filegroup(name = "${name}", tags = [LM])`, 'load("@lm//:lm.bzl", "LM")'],
  (name) => [`filegroup(name = "${name}", tags = [N])`, 'load("@nl//:n.bzl", "N")'],
];
