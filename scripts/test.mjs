// npm test [-- [--only lint|unit|contract|conformance|e2e|kvm|tools]... [filters and options of vitest]]
// The suite tools runs only when it is named: it downloads packages by other tools, and its image takes minutes.
// The last line is the sum over all suites: "N passed, N failed, N skipped". A set-up that
// fails is one failure. With filters the lint checks and the suite kvm are left out; of that one all is run by --only kvm.
import { join } from 'node:path';
import { runChecks } from './checks.mjs';
import { runKvmSuite } from './kvm-lab/run-kvm-suite.mjs';
import { ensureProject } from './setup/all.mjs';
import { ensureBazel, ensureBazel4 } from './setup/bazel.mjs';
import { ensureMachines } from './setup/machines.mjs';
import { imagesCache, stampDir } from './setup/paths.mjs';
import { main, say, SetupError } from './setup/say.mjs';
import { ensureQemu10 } from './setup/qemu-10.mjs';
import { shortLivedBazel } from './test/short-lived-bazel.mjs';
import { sumCounts, summaryLine } from './test/counts.mjs';
import { runVitest } from './test/run-vitest.mjs';

const DEFAULT_SUITES = ['lint', 'unit', 'contract', 'conformance', 'e2e', 'kvm'];
const SUITES = [...DEFAULT_SUITES, 'tools'];
const WITHOUT_VITEST = new Set(['lint', 'kvm']);
const WITHOUT_BAZEL = new Set(['lint', 'unit', 'kvm', 'tools']);
const WITH_MACHINES = new Set(['contract', 'e2e', 'kvm', 'tools']);

await main(async () => {
  const { only, rest } = parse(process.argv.slice(2));
  const sum = await countAll(only, rest);
  console.log(summaryLine(sum));
  return sum.failed === 0 ? 0 : 1;
});

async function countAll(only, rest) {
  const suites =
    only.length > 0 ? only : DEFAULT_SUITES.filter((name) => rest.length === 0 || !WITHOUT_VITEST.has(name));
  let env;
  try {
    await ensureProject();
    env = suites.every((name) => WITHOUT_BAZEL.has(name)) ? {} : await bazels();
    if (suites.some((name) => WITH_MACHINES.has(name))) env = { ...env, ...(await machines()) };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const all = [];
  if (suites.includes('lint')) all.push(await runChecks());
  const names = suites.filter((name) => !WITHOUT_VITEST.has(name));
  if (suites.includes('contract')) {
    const env10 = await qemu10();
    if (env10 === undefined) all.push({ passed: 0, failed: 0, skipped: 1 });
    else {
      names.push('contract-qemu-10');
      env = { ...env, ...env10 };
    }
  }
  const projects = names.map((name) => `--project=${name}`);
  let goOn = true;
  if (projects.length > 0)
    goOn = await unlessInterrupted(async () => all.push(await runVitest([...projects, ...rest], { env })));
  if (suites.includes('kvm') && goOn) all.push(await runKvmSuite(rest, { whole: only.includes('kvm') }));
  return sumCounts(all);
}

/** @returns whether nobody asked for the end meanwhile: vitest hears that too, and ends by itself */
async function unlessInterrupted(work) {
  let interrupted = false;
  const listener = () => (interrupted = true);
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, listener);
  await work();
  for (const name of names) process.off(name, listener);
  return !interrupted;
}

async function bazels() {
  const [bazel, bazel4] = await Promise.all([ensureBazel({ needBzlmod: true }), ensureBazel4()]);
  return {
    DEWAR_TEST_BAZEL: shortLivedBazel(bazel, join(stampDir, 'short-lived')),
    DEWAR_TEST_BAZEL4: bazel4,
  };
}

/** What is missing for machines turns tests off, which then say why. */
async function machines() {
  await ensureMachines();
  return { DEWAR_TEST_IMAGES: imagesCache() };
}

/** @returns undefined, after saying why, where the tests of machines run on no other QEMU than this machine's */
async function qemu10() {
  try {
    return { DEWAR_TEST_QEMU10: await ensureQemu10() };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`no test on QEMU 10: ${error.message}`);
    return undefined;
  }
}

function parse(args) {
  const only = [];
  const rest = [];
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '--only') only.push(args[++at]);
    else rest.push(args[at]);
  }
  const unknown = only.find((name) => !SUITES.includes(name));
  if (unknown !== undefined || only.includes(undefined))
    throw new SetupError(`--only takes one of ${SUITES.join(', ')}, not ${unknown ?? 'nothing'}`);
  return { only, rest };
}
