// Bugs in src/bazel/graph/classify-changes.ts and special-path.ts: one for each reason and each branch.
const CLASSIFY = 'src/bazel/graph/classify-changes.ts';
const SPECIAL = 'src/bazel/graph/special-path.ts';
const GRAPH_TIER = 'src/plugins/bazel/graph-tier.ts';
const UNIT = 'src/bazel/graph/classify-changes.test.ts';

const one = (file, find, replace = '') => [{ file, find, replace }];

export const REASONS = [
  {
    name: 'configured',
    edits: one(GRAPH_TIER, 'if (options.useCquery) return FULL_REASONS.configured;'),
    flags: '--useCquery',
    kinds: ['BUILD value', 'rule added', 'bzl value'],
  },
  {
    name: 'base-errors',
    why: 'no index of a graph with errors is ever written: record refuses such a graph (PARTIAL_GRAPH)',
    heldBy: `${UNIT}, test/e2e/record-consume.test.ts`,
  },
  {
    name: 'flags: --excludeTargetsQuery',
    edits: one(GRAPH_TIER, 'if (options.excludeTargetsQuery !== undefined) return FULL_REASONS.flags;'),
    flags: '--excludeTargetsQuery=kind(filegroup,//...)',
    kinds: ['BUILD value', 'rule added', 'file added'],
  },
  {
    name: 'odd-path',
    edits: one(SPECIAL, "if (!isPlain(path)) return 'odd-path';"),
    kinds: ['content of a named class', 'file added', 'file deleted'],
    why: 'Bazel 7.7.1 loads no .bzl file and no package of such a name, and file labels are looked up in both spellings',
    heldBy: UNIT,
  },
  {
    name: 'odd-case',
    edits: one(
      SPECIAL,
      "return isOddCase(name) || specialPlace(path.toLowerCase()) !== undefined ? 'odd-case' : undefined;",
      'return undefined;',
    ),
    kinds: ['odd case'],
    why: 'only a file system without case takes one name for the other',
    heldBy: UNIT,
  },
  {
    name: 'unknown-change',
    why: 'git reports no such change between two trees',
    heldBy: UNIT,
  },
  {
    name: 'type-changed',
    why: 'of the types that git has, links and submodules have reasons of their own, and no other is left',
    heldBy: UNIT,
  },
  {
    name: 'mode-changed',
    edits: one(CLASSIFY, "return oldMode === newMode ? undefined : 'mode-changed';", 'return undefined;'),
    kinds: ['mode'],
    why: 'the graph tier hashes the new mode too, so that this reason is more careful than it must be',
    heldBy: UNIT,
  },
  {
    name: 'symlink, with links as plain files',
    edits: [
      ...one('src/bazel/graph/linked-paths.ts', '    shared.add(path);\n'),
      ...one(
        CLASSIFY,
        "if (modes.includes('120000')) return 'symlink';",
        "if (modes.includes('120000')) return undefined;",
      ),
    ],
    kinds: ['link added', 'link changed', 'link removed', 'link to file'],
  },
  {
    name: 'submodule, with submodules as plain files',
    edits: [
      ...one('src/bazel/graph/index-facts.ts', '        ...oddities.gitlinks,\n'),
      ...one(
        CLASSIFY,
        "if (modes.includes('160000')) return 'submodule';",
        "if (modes.includes('160000')) return undefined;",
      ),
      ...one(SPECIAL, "return name === '.gitmodules' ? 'submodule' : undefined;", 'return undefined;'),
    ],
    kinds: ['submodule'],
  },
  {
    name: 'module-file, with odd-case',
    edits: [
      ...one(SPECIAL, "if (MODULE_FILE.test(name)) return 'module-file';"),
      ...one(SPECIAL, ' || ODD_MODULE_FILE.test(name);', ';'),
    ],
    kinds: ['root file'],
  },
  {
    name: 'rc-file, with rc files as plain content',
    edits: [
      ...one(SPECIAL, "if (name.endsWith('.bazelrc') || name === 'bazel.rc') return 'rc-file';"),
      ...one(GRAPH_TIER, '...rcFiles.flatMap(({ path: rc }) => inWorkspace(rc, workspacePath))'),
    ],
    kinds: ['rc file'],
  },
  {
    name: 'bazel-version',
    edits: one(SPECIAL, "if (VERSION_FILES.has(name)) return 'bazel-version';"),
    kinds: ['chooser'],
    why: 'the program that the test runs is Bazel itself; only bazelisk reads these files',
    heldBy: UNIT,
  },
  {
    name: 'tools-bazel',
    edits: one(
      SPECIAL,
      "if (path === 'tools/bazel' || path.startsWith('tools/bazel.')) return 'tools-bazel';",
    ),
    kinds: ['chooser'],
    why: 'the program that the test runs is Bazel itself; only bazelisk runs the wrapper',
    heldBy: UNIT,
  },
  {
    name: 'bazelignore',
    edits: one(SPECIAL, "if (name === '.bazelignore') return 'bazelignore';"),
    kinds: ['bazelignore'],
  },
  {
    name: 'prelude',
    edits: one(SPECIAL, "if (path === 'tools/build_rules/prelude_bazel') return 'prelude';"),
    kinds: ['prelude'],
  },
  {
    name: 'prelude: its package, with the prelude as a file that is not read',
    edits: [
      ...one(CLASSIFY, "if (directory === 'tools/build_rules') return 'prelude';"),
      ...one(
        CLASSIFY,
        'const used = [...graph.repositoryBzl, ...graph.readPaths];',
        'const used = [...graph.repositoryBzl];',
      ),
    ],
    kinds: ['prelude'],
  },
  {
    name: 'git-attributes',
    edits: one(SPECIAL, "if (ATTRIBUTE_FILES.has(name)) return 'git-attributes';"),
    kinds: ['gitattributes'],
  },
  {
    name: 'external-directory',
    edits: one(
      SPECIAL,
      "return path.startsWith('external/') ? 'external-directory' : undefined;",
      'return undefined;',
    ),
    kinds: ['external'],
  },
  {
    name: 'shared-directory',
    edits: one(
      CLASSIFY,
      "if (graph.sharedDirectories.some((directory) => isIn(path, directory))) return 'shared-directory';",
    ),
    kinds: ['content of a named class'],
  },
  {
    name: 'read-by-repository',
    edits: one(CLASSIFY, "if (graph.readPaths.has(path)) return 'read-by-repository';"),
    kinds: ['file read'],
  },
  {
    name: 'repository-bzl',
    edits: one(CLASSIFY, "if (graph.repositoryBzl.has(path)) return 'repository-bzl';"),
    kinds: ['bzl of repositories'],
  },
  {
    name: 'repository-package',
    edits: one(
      CLASSIFY,
      "return used.some((file) => isIn(file, directory)) ? 'repository-package' : undefined;",
      'return undefined;',
    ),
    kinds: ['package split inside'],
  },
  {
    name: 'repository-package: of .bzl files',
    edits: one(
      CLASSIFY,
      'const used = [...graph.repositoryBzl, ...graph.readPaths];',
      'const used = [...graph.readPaths];',
    ),
    kinds: ['package split inside'],
  },
  {
    name: 'repository-package: of files that are read',
    edits: one(
      CLASSIFY,
      'const used = [...graph.repositoryBzl, ...graph.readPaths];',
      'const used = [...graph.repositoryBzl];',
    ),
    kinds: ['package split inside'],
    why: 'Bazel itself does not make a repository again for that: the label matters when it is next fetched',
    heldBy: UNIT,
  },
  {
    name: 'external-loader',
    edits: one(CLASSIFY, "if (touched.some((name) => name.startsWith('@')))", "if (touched.includes('@'))"),
    flags: '--fineGrainedHashExternalRepos=@lr,@gen',
    kinds: ['bzl of repositories'],
  },
  {
    name: 'unknown-package',
    edits: one(
      CLASSIFY,
      "if (status === 'modified') return graph.isPackage(directory) ? undefined : 'unknown-package';",
      "if (status === 'modified') return undefined;",
    ),
    kinds: ['BUILD value unseen'],
  },
];

export const BRANCHES = [
  {
    name: 'a changed BUILD file touches its package',
    edits: one(
      CLASSIFY,
      'return isBuildFile(name) ? [directory] : loaders;',
      'return isBuildFile(name) ? [] : loaders;',
    ),
    kinds: ['BUILD value', 'rule added'],
  },
  {
    name: 'a changed .bzl file touches its loaders',
    edits: one(
      CLASSIFY,
      'return isBuildFile(name) ? [directory] : loaders;',
      'return isBuildFile(name) ? [directory] : [];',
    ),
    kinds: ['bzl value'],
  },
  {
    name: 'a .bzl file that comes or goes touches its loaders',
    edits: one(
      CLASSIFY,
      '[...owners, ...graph.loadersBelow(directory)] : [...owners, ...loaders];',
      '[...owners, ...graph.loadersBelow(directory)] : owners;',
    ),
    kinds: ['bzl moved', 'file deleted'],
    why: 'what loads a file that is not there is an error, so that its loaders changed too',
    heldBy: UNIT,
  },
  {
    name: 'a BUILD file that comes or goes touches the loaders below',
    edits: one(
      CLASSIFY,
      '[...owners, ...graph.loadersBelow(directory)] : [...owners, ...loaders];',
      'owners : [...owners, ...loaders];',
    ),
    kinds: ['package split inside'],
  },
  {
    name: 'an added or deleted file touches its package',
    edits: one(
      CLASSIFY,
      'const owners = enclosing(directory, graph, boundaries);',
      'const owners: string[] = [];',
    ),
    kinds: ['file added', 'file deleted'],
  },
  {
    name: 'a new or lost package touches the one around it',
    edits: one(
      CLASSIFY,
      'if (boundaries.has(at)) found.push(at);',
      'if (boundaries.has(at)) return [...found, at];',
    ),
    kinds: ['package split', 'package joined'],
  },
  {
    name: 'boundaries are BUILD files that come or go',
    edits: one(CLASSIFY, 'return new Set(directories);', 'return new Set(directories.slice(0, 0));'),
    kinds: ['package split', 'package joined', 'file added'],
  },
  {
    name: 'a file that comes or goes outside of all packages is no change of content',
    edits: one(
      CLASSIFY,
      "if (packages.size === 0 && changes.every(({ status }) => status === 'modified'))",
      'if (packages.size === 0)',
    ),
    kinds: ['file added', 'file deleted'],
    steps: 400,
  },
];
