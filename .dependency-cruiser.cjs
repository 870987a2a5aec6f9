// The directions of imports. An import may only go to an earlier entry of this list, or stay inside its own.
const LAYERS = [
  'core',
  'platform',
  'config',
  'bazel',
  'vmm',
  'image',
  'network',
  'guest',
  'cache',
  'snapshot',
  'workspace',
  'plugins',
  'public',
  'bench',
  'builtins.ts',
  'cli',
];

/** Folders that hold one implementation each of an interface; only builtins.ts names one. */
const FAMILIES = ['vmm', 'plugins'];

/** Folders of a family that hold what its implementations share; they know none of them. */
const SHARED = { vmm: ['http', 'machine'], plugins: [] };

/** What starts programs or opens connections; `execa` is what platform/ itself wraps. */
const PLATFORM_ONLY = String.raw`^(node:)?(child_process|net)$|(^|node_modules/)(undici|execa)(/|$)`;

const TEST_FILE = String.raw`\.test\.ts$`;

function pathOf(layer) {
  return layer.endsWith('.ts') ? `^src/${layer.replace('.', String.raw`\.`)}$` : `^src/${layer}/`;
}

const layerRules = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only itself and: ${LAYERS.slice(0, index).join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: pathOf(layer) },
  to: { path: LAYERS.slice(index + 1).map(pathOf) },
}));

const familyRules = FAMILIES.flatMap((family) => [
  {
    name: `${family}-apart`,
    comment: `one folder of src/${family} knows nothing of another; what they share is beside them or lower`,
    severity: 'error',
    from: { path: `^src/${family}/([^/]+)/` },
    to: {
      path: `^src/${family}/[^/]+/`,
      pathNot: [`^src/${family}/$1/`, ...SHARED[family].map((folder) => `^src/${family}/${folder}/`)],
    },
  },
  {
    name: `${family}-by-interface`,
    comment: `only src/builtins.ts names a concrete folder of src/${family}; others take the interface`,
    severity: 'error',
    from: { path: '^src/', pathNot: [`^src/${family}/[^/]+/`, pathOf('builtins.ts'), TEST_FILE] },
    to: { path: `^src/${family}/[^/]+/` },
  },
]);

module.exports = {
  forbidden: [
    {
      name: 'known-layer',
      comment: 'a file of src lies in one of the listed layers; a new one is listed here and in the design first',
      severity: 'error',
      from: { path: '^src/', pathNot: LAYERS.map(pathOf) },
      to: {},
    },
    ...layerRules,
    ...familyRules,
    {
      name: 'builtins-by-cli',
      comment: 'only src/cli imports src/builtins.ts',
      severity: 'error',
      from: { path: '^src/', pathNot: [pathOf('cli'), pathOf('builtins.ts')] },
      to: { path: pathOf('builtins.ts') },
    },
    {
      name: 'snapshot-without-bazel',
      comment: 'src/snapshot knows a graph engine only by its interface',
      severity: 'error',
      from: { path: pathOf('snapshot') },
      to: { path: pathOf('bazel') },
    },
    {
      name: 'platform-only',
      comment: 'child processes, sockets and HTTP only in src/platform (tests may use them)',
      severity: 'error',
      from: { path: '^src/', pathNot: [pathOf('platform'), TEST_FILE] },
      to: { path: PLATFORM_ONLY },
    },
    {
      name: 'src-without-tests',
      comment: 'what is shipped imports nothing that is not',
      severity: 'error',
      from: { path: '^src/', pathNot: TEST_FILE },
      to: { path: ['^test/', '^scripts/', '^bench/', TEST_FILE] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    // an import of a type is a direction too
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
