// Bugs in what an index knows: src/bazel/graph/{index-facts,known-graph,known-loads,repository-*,…}.ts.
const FACTS = 'src/bazel/graph/index-facts.ts';
const KNOWN = 'src/bazel/graph/known-graph.ts';
const LOADS = 'src/bazel/graph/known-loads.ts';
const LOADERS = 'src/bazel/graph/read-loaders.ts';
const INPUTS = 'src/bazel/graph/repository-inputs.ts';
const GRAPH_TIER = 'src/plugins/bazel/graph-tier.ts';
const INPUTS_TESTS = 'src/bazel/graph/repository-inputs.test.ts, test/conformance/repository-inputs.test.ts';
const NO_LOCK =
  "Debian's build of Bazel writes an empty lock file, so that no index is made where an extension is used";

const one = (file, find, replace = '') => [{ file, find, replace }];

export const FACTS_OF_INDEXES = [
  {
    name: 'readPaths: recorded by repository rules',
    edits: one(INPUTS, 'inputs.files.push(...found.files);'),
    kinds: ['file read'],
  },
  {
    name: 'readPaths: named in module files, and nowhere else',
    edits: [
      ...one(
        'src/bazel/graph/repository-bzl.ts',
        "if (named !== undefined && named.path !== '') this.readPaths.add(named.path);",
      ),
      ...one(INPUTS, 'inputs.files.push(...found.files);'),
    ],
    kinds: ['other value'],
    why: 'new_local_repository links its BUILD file, and what repositories link to is looked at too',
    heldBy: 'src/bazel/graph/repository-bzl.test.ts',
  },
  {
    name: 'readPaths: rc files',
    edits: one(GRAPH_TIER, '...rcFiles.flatMap(({ path: rc }) => inWorkspace(rc, workspacePath))'),
    kinds: ['rc file'],
  },
  {
    name: 'readPaths: lock files',
    why: NO_LOCK,
    heldBy: INPUTS_TESTS,
  },
  {
    name: 'no index where nobody knows what an extension read',
    edits: one(INPUTS, '...unknownExtensions(markers.repositories, locked.extensions, module),'),
    kinds: ['extension'],
    fresh: true,
  },
  {
    name: 'sharedDirectories: listed by repository rules',
    edits: one(INPUTS, 'inputs.directories.push(...found.directories);'),
    kinds: ['file read'],
  },
  {
    name: 'sharedDirectories: linked into repositories',
    edits: one(
      INPUTS,
      '[...links.linked, ...all.flatMap(({ directories }) => directories)]',
      '[...all.flatMap(({ directories }) => directories)]',
    ),
    kinds: ['content of a named class', 'bzl of repositories'],
  },
  {
    name: 'sharedDirectories: links and what they lead to',
    edits: one(FACTS, '...linkedPaths(links, workspacePath).shared,'),
    kinds: ['content of a named class'],
  },
  {
    name: 'sharedDirectories: submodules',
    edits: one(FACTS, '...oddities.gitlinks,'),
    kinds: ['submodule'],
    why: 'a change below the place of a submodule comes with one of the submodule, which has a reason of its own',
    heldBy: 'src/bazel/graph/symlinks-of-tree.test.ts',
  },
  {
    name: 'no index where git converts files',
    edits: one(
      FACTS,
      "if (CONVERSION.test((await read(path))?.toString('utf8') ?? ''))",
      'if (path.length === 0)',
    ),
    kinds: ['gitattributes', 'content'],
  },
  {
    name: 'repositoryBzl: by way of other repositories',
    edits: one(LOADERS, '[...new Set([...bzl, ...found.repositoryBzl])]', '[...new Set(bzl)]'),
    kinds: ['bzl of repositories'],
  },
  {
    name: 'repositoryBzl: of other modules',
    edits: one(
      'src/bazel/graph/repository-roots.ts',
      '...others.map((repository) => ({ repository, path: MODULE_FILE })),',
    ),
    kinds: ['bzl of repositories'],
  },
  {
    name: 'repositoryBzl: what those load',
    edits: [
      ...one('src/bazel/graph/repository-bzl.ts', 'await this.loads(file.path, file.package);'),
      ...one('src/bazel/graph/text-loaders.ts', '    open.push(...graph.mainLoadsOf(file));\n'),
    ],
    kinds: ['bzl of repositories'],
  },
  {
    name: 'loaders: printed by Bazel',
    edits: one(
      KNOWN,
      'const printedOnes = printedLoaders().get(path) ?? [];',
      'const printedOnes: string[] = [];',
    ),
    kinds: ['bzl value'],
  },
  {
    name: 'loaders: of BUILD.bazel files',
    edits: one(KNOWN, '...writtenLoaders((loaded) => loaded === path)'),
    kinds: ['bzl value'],
  },
  {
    name: 'loaders: of BUILD.bazel files, not directly',
    edits: one(
      LOADS,
      'for (const file of reached) for (const user of users.get(file) ?? []) reached.add(user);',
    ),
    kinds: ['bzl value'],
  },
  {
    name: 'loaders: by way of other repositories',
    edits: one(
      'src/bazel/graph/load-graph.ts',
      'else if (!passed.has(key)) for (const next of this.#loads.get(key) ?? []) open.add(next);',
    ),
    kinds: ['bzl of repositories'],
    steps: 300,
  },
  {
    name: 'loaders below: printed by Bazel',
    edits: one(
      KNOWN,
      'return [...users, ...writtenLoaders(isBelow)];',
      'return users.slice(0, 0).concat(writtenLoaders(isBelow));',
    ),
    kinds: ['package split inside'],
    steps: 300,
  },
  {
    name: 'loaders below: of BUILD.bazel files',
    edits: one(KNOWN, 'return [...users, ...writtenLoaders(isBelow)];', 'return users;'),
    kinds: ['package split inside'],
    steps: 300,
  },
  {
    name: 'packages: of BUILD.bazel files',
    edits: one(KNOWN, "const BUILD_FILES = ['BUILD', 'BUILD.bazel'];", "const BUILD_FILES = ['BUILD'];"),
    kinds: ['file added', 'file deleted'],
  },
  {
    name: 'no answer where the loaders are not known',
    why: 'Bazel 7.7.1 loads nothing in this repository that the texts of its files leave open',
    heldBy: 'src/bazel/graph/known-graph.test.ts, src/bazel/graph/text-loaders.test.ts',
  },
];
