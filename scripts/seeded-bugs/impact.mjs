// Bugs in what an answer is made of: src/bazel/graph/impact-of-*.ts and what they use.
const PACKAGES = 'src/bazel/graph/impact-of-packages.ts';
const CONTENTS = 'src/bazel/graph/impact-of-contents.ts';
const GROUPS = '--includeTargetType --includePackageGroups';

const one = (file, find, replace = '') => [{ file, find, replace }];

export const IMPACT = [
  {
    name: 'packages: targets that are gone',
    edits: one(PACKAGES, 'for (const label of earlier) table.remove(label);'),
    kinds: ['rule removed', 'package joined'],
  },
  {
    name: 'packages: what depends on the targets before',
    edits: one(
      PACKAGES,
      'labels: [...touched.labels, ...earlier, ...later]',
      'labels: [...touched.labels, ...later]',
    ),
    kinds: ['rule removed', 'file deleted', 'generated file', 'package joined'],
    steps: 400,
  },
  {
    name: 'packages: what depends on the targets after',
    edits: one(
      PACKAGES,
      'labels: [...touched.labels, ...earlier, ...later]',
      'labels: [...touched.labels, ...earlier]',
    ),
    kinds: ['rule added', 'file added', 'generated file', 'package split'],
    steps: 400,
  },
  {
    name: 'packages: targets that differ',
    edits: one(
      PACKAGES,
      'const differing = later.filter((label) => before.get(label) !== valueOf(graph, label));',
      'const differing: number[] = [];',
    ),
    kinds: ['BUILD value', 'rule added'],
  },
  {
    name: 'packages: that are gone are not asked for',
    edits: one(
      'src/plugins/bazel/partial-tier.ts',
      'BUILD_FILES.some((file) =>',
      "['', ...BUILD_FILES].some((file) =>",
    ),
    kinds: ['package joined', 'directory renamed'],
  },
  {
    name: 'packages: contents that changed elsewhere',
    edits: one(PACKAGES, '    paths.add(path);\n'),
    kinds: ['BUILD value', 'content', 'content of many'],
  },
  {
    name: 'packages: directories above a file that came or went',
    edits: one(PACKAGES, '      paths.add(path.slice(0, at));', '      paths.delete(path.slice(0, at));'),
    kinds: ['file for directory', 'file deleted', 'file added', 'package split'],
    why: 'the package that holds the file is loaded again, and labels of others name no directory in it',
    heldBy: 'test/conformance/merged-packages.test.ts',
  },
  {
    name: 'packages: files that are no targets',
    edits: one(PACKAGES, '        heuristics.forget(label);'),
    kinds: ['file added', 'file deleted', 'bzl value', 'content'],
    steps: 400,
  },
  {
    name: 'packages: package groups that differ',
    edits: one(
      PACKAGES,
      '.filter(([label, value]) => groupsBefore.get(label) !== value)',
      '.filter(([label, value]) => label < 0 && groupsBefore.get(label) !== value)',
    ),
    flags: GROUPS,
    kinds: ['package_group'],
  },
  {
    name: 'packages: package groups that are gone',
    edits: one(PACKAGES, '  removeGroups(table, packages);'),
    flags: GROUPS,
    kinds: ['package_group'],
  },
  {
    name: 'contents: of source files',
    edits: one(CONTENTS, '        sources.set(row, contentDigest(content, executable, suffix));'),
    kinds: ['content'],
  },
  {
    name: 'contents: of files that are no targets',
    edits: one(CONTENTS, '        heuristics.set(label, contentDigest(content, executable, bytes));'),
    kinds: ['content', 'content of a named class'],
    steps: 400,
  },
  {
    name: 'contents: of executable files',
    edits: one(
      'src/plugins/bazel/graph-tier.ts',
      "executable: newMode === '100755',",
      "executable: newMode === '100777',",
    ),
    kinds: ['content of a named class'],
  },
  {
    name: 'contents: what changed rules generate',
    edits: one(
      CONTENTS,
      'if (changed[rule] === 1 && table.isLive(KIND.generated, row))',
      'if (changed[rule] === 2 && table.isLive(KIND.generated, row))',
    ),
    kinds: ['content'],
  },
  {
    name: 'contents: labels of files below a package',
    edits: one(
      'src/bazel/graph/labels-of-path.ts',
      'for (const end of ends)',
      'for (const end of ends.slice(-1))',
    ),
    kinds: ['content', 'content of a named class'],
  },
  {
    name: 'contents: .bzl files that rules come from',
    edits: one('src/bazel/graph/labels-of-path.ts', '    look(`//${spelling}`);'),
    kinds: ['bzl value', 'comment'],
    steps: 300,
  },
];
