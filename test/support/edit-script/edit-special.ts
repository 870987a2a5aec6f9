import type { Random } from './random.ts';
import { filesOf, isFree, setText, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

export function moduleFile(tree: Tree, random: Random, step: number): string {
  const path = random.pick(filesOf(tree, (name) => name.endsWith('MODULE.bazel')));
  const line = path.endsWith('more.MODULE.bazel')
    ? `local_repository(name = "lr${step}", path = "third/lr")`
    : `# ${step}`;
  setText(tree, path, `${textOf(tree, path)}${line}\n`);
  return `${path}: ${line}`;
}

/** Files that Bazel reads at the root without anything naming them. */
export function rootFile(tree: Tree, random: Random, step: number): string {
  const path = random.pick([
    'REPO.bazel',
    'REPO.bazel',
    'WORKSPACE',
    'WORKSPACE.bzlmod',
    'MODULE.bazel.lock',
  ]);
  if (tree.has(path) && random.once(3)) {
    tree.delete(path);
    return `${path} deleted`;
  }
  const text = {
    'REPO.bazel': `repo(default_deprecation = "d${step}")\n`,
    'MODULE.bazel.lock': `{"lockFileVersion": ${step}}\n`,
  }[path];
  setText(tree, path, text ?? `# ${step}\n`);
  return path;
}

export function rcFile(tree: Tree, random: Random, step: number): string {
  const path = random.pick(['.bazelrc', 'tools/shared.settings', 'tools/none.settings', 'tools/ci.bazelrc']);
  setText(
    tree,
    path,
    `${textOf(tree, path)}${random.pick([`# ${step}`, 'common --deleted_packages=odd', 'query --noimplicit_deps'])}\n`,
  );
  return path;
}

export function ignore(tree: Tree, random: Random): string {
  if (random.once(4) && tree.delete('.bazelignore')) return '.bazelignore deleted';
  setText(
    tree,
    '.bazelignore',
    `${random.pick(['nothing', 'odd', 'third/lr', 'nowhere', 'ignored', 'ignored\ngone'])}\n`,
  );
  return '.bazelignore';
}

export function attributes(tree: Tree, random: Random): string {
  const path = random.pick(['.gitattributes', 'data/.gitattributes']);
  if (random.once(4) && tree.delete(path)) return `${path} deleted`;
  setText(
    tree,
    path,
    `${random.pick(['*.txt text', '*.txt text eol=crlf', '*.txt -text', '*.txt ident'])}\n`,
  );
  return path;
}

const PRELUDE = 'tools/build_rules/prelude_bazel';

/** The prelude, when it is there, makes another rule of each genrule. */
export function prelude(tree: Tree, random: Random, step: number): string {
  const build = 'tools/build_rules/BUILD';
  if (!tree.has(build) || !tree.has(PRELUDE)) {
    const missing = tree.has(build) ? PRELUDE : tree.has(PRELUDE) || random.once(2) ? build : PRELUDE;
    tree.set(missing, {
      text: missing === build ? '' : 'load("//lib:prelude.bzl", genrule = "plain")\n',
    });
    return `${missing} added`;
  }
  const path = random.pick([build, PRELUDE, 'lib/prelude.bzl', 'lib/prelude.bzl', 'empty prelude']);
  if (path === 'lib/prelude.bzl') setText(tree, path, textOf(tree, path).replace(/v\d+/, `v${step}`));
  else if (path === 'empty prelude') setText(tree, PRELUDE, `# ${step}\n`);
  else tree.delete(path);
  return path;
}

/** Bazel keeps the directory `external` at the root for itself. */
export function externalDirectory(tree: Tree, random: Random, step: number): string | undefined {
  const path = random.pick(['external/x.txt', 'external/x/BUILD', 'external/x/y.txt', 'external/x/z.bzl']);
  if (tree.has(path) && random.once(3)) {
    tree.delete(path);
    return `${path} deleted`;
  }
  if (!tree.has(path) && !isFree(tree, path)) return undefined;
  setText(tree, path, path.endsWith('BUILD') ? `filegroup(name = "e${step}")\n` : `# c${step}\n`);
  return path;
}

/** What chooses or wraps Bazel. */
export function chooser(tree: Tree, random: Random, step: number): string {
  const path = random.pick(['.bazelversion', '.bazeliskrc', 'tools/bazel', 'tools/bazel.bat']);
  if (tree.has(path) && random.once(3)) {
    tree.delete(path);
    return `${path} deleted`;
  }
  const wrapper = random.pick(['exec "$BAZEL_REAL" "$@"', `# ${step}`]);
  if (path === 'tools/bazel')
    tree.set(path, { text: `#!/bin/sh\n${wrapper}\nexec "$BAZEL_REAL" "$@"\n`, executable: true });
  else setText(tree, path, path === '.bazelversion' ? '7.7.1\n' : `# ${step}\n`);
  return path;
}

/** Names that a file system without case takes for BUILD and .bzl files. */
export function oddCase(tree: Tree, random: Random, step: number): string | undefined {
  const found = filesOf(tree, (name) => /(?:^|\/)(?:build|X\.BZL|Build\.bazel)$/.test(name));
  const path =
    found.length > 0 && random.once(2)
      ? random.pick(found)
      : random.pick(['data', 'odd', 'lib', 'p0', 'nowhere']) +
        random.pick(['/build', '/X.BZL', '/Build.bazel']);
  if (!tree.has(path) && !isFree(tree, path)) return undefined;
  setText(tree, path, `# ${step}\n`);
  return path;
}
