// node scripts/seeded-bugs.mjs [--only TEXT] [--seed N] [--results FILE [--missing]] [--write]
// Breaks one rule of the tiers after the other in a copy of the tree, and runs the property test of tiers on each until it
// fails: does it? --only takes the bugs whose name holds a text; --results keeps results from run to run, and --missing
// runs only what has none; --write writes
// docs/seeded-bugs.md. DEWAR_TEST_BAZEL names a Bazel; without it, the one of npm test is used.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBazel } from './setup/bazel.mjs';
import { BRANCHES, REASONS } from './seeded-bugs/classify.mjs';
import { FACTS_OF_INDEXES } from './seeded-bugs/facts.mjs';
import { IMPACT } from './seeded-bugs/impact.mjs';
import { reportOf } from './seeded-bugs/report.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const TABLES = {
  'Reasons for a full query': REASONS,
  'Packages that a change touches': BRANCHES,
  'What an index knows': FACTS_OF_INDEXES,
  'What an answer is made of': IMPACT,
};
const STEPS = 120;
/** For bugs that are known to make no difference here. */
const FEW_STEPS = 50;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    results: { type: 'string' },
    missing: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

process.env.DEWAR_TEST_BAZEL ??= await ensureBazel({ needBzlmod: true });
const directory = mkdtempSync(join(tmpdir(), 'dewar-seeded-'));
const keep = join(directory, 'lab');
const results = new Map(
  values.results !== undefined && existsSync(values.results)
    ? JSON.parse(readFileSync(values.results, 'utf8'))
    : [],
);
try {
  copyTree();
  for (const bug of Object.values(TABLES).flat()) {
    if (!bug.name.includes(values.only)) continue;
    if (bug.edits === undefined || (values.missing && results.has(bug.name))) continue;
    const result = await runWith(bug);
    results.set(bug.name, result);
    console.log(
      `${bug.name}: ${result.found ? `found after ${result.edits} edits: ${result.what}` : `not found in ${result.edits} edits`}`,
    );
    if (values.results !== undefined) writeFileSync(values.results, JSON.stringify([...results], null, 1));
  }
} finally {
  stopServer();
  rmSync(directory, { recursive: true, force: true });
}
if (values.write) writeFileSync(join(ROOT, 'docs/seeded-bugs.md'), reportOf(TABLES, results));

function copyTree() {
  const listed = spawnSync('git', ['ls-files', '-z', 'src', 'test', 'package.json', 'tsconfig.json'], {
    cwd: ROOT,
  });
  for (const path of listed.stdout
    .toString()
    .split('\0')
    .filter((name) => name !== ''))
    if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(directory, 'tree', path));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'tree/node_modules'));
  const test = { include: ['test/e2e/tiers-property.test.ts'], testTimeout: 3_600_000 };
  writeFileSync(join(directory, 'tree/vitest.config.ts'), `export default ${JSON.stringify({ test })};\n`);
}

async function runWith(bug) {
  const undo = bug.edits.map(seed);
  if (bug.fresh === true) stopServer();
  const output = await runTest(bug);
  for (const restore of undo.toReversed()) restore();
  if (bug.fresh === true) stopServer();
  const [, edits, what] = /^wrong after (\d+) edits: (.*)$/m.exec(output) ?? [];
  if (edits !== undefined) return { found: true, edits: Number(edits), what: shortOf(what) };
  const [, counts] = /^seed .* steps: (\{.*\})$/m.exec(output) ?? [];
  if (counts === undefined) {
    console.error(output.slice(-3000));
    return { found: false, edits: 0 };
  }
  return { found: false, edits: JSON.parse(counts).edits };
}

/** @returns undoes it */
function seed({ file, find, replace }) {
  const path = join(directory, 'tree', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file} does not hold this just once: ${find}`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
  return () => writeFileSync(path, text);
}

function runTest({ kinds, flags, why, steps = why === undefined ? STEPS : FEW_STEPS }) {
  const env = {
    ...process.env,
    DEWAR_PROPERTY_SEED: values.seed,
    DEWAR_PROPERTY_STEPS: String(steps),
    DEWAR_PROPERTY_ONLY: kinds.join(','),
    DEWAR_PROPERTY_SNAPSHOTS: 'no',
    DEWAR_PROPERTY_KEEP: keep,
    ...(flags === undefined ? {} : { DEWAR_PROPERTY_FLAGS: flags }),
  };
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], {
      cwd: join(directory, 'tree'),
      env,
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

/** Ends the Bazel server that the runs share. */
function stopServer() {
  const outputBase = join(keep, 'oracle-server/output_base');
  if (existsSync(outputBase))
    spawnSync(process.env.DEWAR_TEST_BAZEL, [`--output_base=${outputBase}`, 'shutdown'], {
      cwd: join(keep, 'oracle-tree'),
    });
  rmSync(keep, { recursive: true, force: true });
}

/** Commits and paths differ from run to run. */
function shortOf(what) {
  return what
    .replaceAll(/ of [0-9a-f]{40}/g, '')
    .replaceAll(/\/\S*dewar-\S*/g, '…')
    .slice(0, 160);
}
