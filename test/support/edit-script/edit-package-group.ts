import type { Random } from './random.ts';
import { directoryOf, filesOf, isBuild, setText, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

interface Group {
  path: string;
  line: string;
  label: string;
}

const PACKAGES = ['//...', '//p0', '//p1/...', '-//p2', '//lib/...', '//data', '//odd', '-//links/...'];

/** Adds, changes, reorders or removes a package group, or what governs a rule. */
export function editPackageGroup(tree: Tree, random: Random, step: number): string | undefined {
  const groups = groupsOf(tree);
  const [change, reorder, remove, govern] = [2, 3, 4, 5];
  const what = groups.length === 0 ? 0 : random.number(6);
  if (what < change) return addGroup(tree, random, step, groups);
  const { path, line, label } = random.pick(groups);
  const replace = (next: string): string => {
    setText(tree, path, textOf(tree, path).replace(`${line}\n`, next));
    return `${path}: ${next.trimEnd() || `no ${label}`}`;
  };
  if (what === change) return replace(`${makeGroup(nameOf(label), random, groups)}\n`);
  if (what === reorder)
    return replace(
      `${line.replaceAll(/\[([^\]]*)\]/g, (_, list: string) => `[${list.split(', ').toReversed().join(', ')}]`)}\n`,
    );
  if (what === remove) return replace('');
  if (what === govern)
    return replace(`${line}\nfilegroup(name = "governed${step}", visibility = ["${label}"])\n`);
  return undefined;
}

function addGroup(tree: Tree, random: Random, step: number, groups: readonly Group[]): string {
  const path = random.pick(filesOf(tree, (name) => isBuild(name) && /^(?:p\d|lib|data|odd)/.test(name)));
  const line = makeGroup(`group${step}`, random, groups);
  setText(tree, path, `${textOf(tree, path).trimEnd()}\n${line}\n`);
  return `${path}: ${line}`;
}

function makeGroup(name: string, random: Random, groups: readonly Group[]): string {
  const packages = PACKAGES.filter(() => random.once(3)).map((text) => `"${text}"`);
  const includes = groups.filter(() => random.once(2)).map(({ label }) => `"${label}"`);
  return `package_group(name = "${name}", packages = [${packages.join(', ')}], includes = [${includes.join(', ')}])`;
}

function groupsOf(tree: Tree): Group[] {
  return filesOf(tree, isBuild).flatMap((path) =>
    textOf(tree, path)
      .split('\n')
      .flatMap((line) => {
        const name = /^package_group\(name = "(\w+)"/.exec(line)?.[1];
        return name === undefined ? [] : [{ path, line, label: `//${directoryOf(path)}:${name}` }];
      }),
  );
}

function nameOf(label: string): string {
  return label.slice(label.indexOf(':') + 1);
}
