import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imagesCache, projectRoot } from '../setup/paths.mjs';
import { which } from '../setup/run.mjs';
import { say, SetupError } from '../setup/say.mjs';
import { FOR_MACHINES, missingPackages } from '../setup/system-packages.mjs';
import { countVitest } from '../test/counts.mjs';
import { bundleTests } from './bundle-tests.mjs';
import { endToEnd } from './end-to-end.mjs';
import { ensureGuestImage, ensureOuterImage } from './images.mjs';
import { ownDirectory, removeDirectory } from './own-directory.mjs';
import { packageClosure } from './package-closure.mjs';
import { LAB, runInLab } from './run-in-lab.mjs';
import { givenVmms } from './vmm-programs.mjs';

const FIRST_TESTS = ['contract/qemu-host', 'contract/virtual-machine'];
const MORE_TESTS = [
  'contract/machine-failures',
  'contract/qemu-driver',
  'kvm/bazel',
  'kvm/machine-drivers',
  'kvm/own-guests',
  'kvm/record-consume',
  'kvm/workspaces',
];
/** Guests of the tests of VMMs that are given, beside the smallest: a whole Debian for workspaces, and Bazel. */
const PROFILES = {
  'kvm/workspaces': 'systemd',
  'kvm/bazel': 'bazel',
  'e2e/guest-snapshots': 'bazel',
};
/** Of the outer machine with VMMs that are given; a guest with Bazel is in there twice when it is frozen. */
const MORE_MEMORY_MIB = 6144;
const REPORT = 'report.json';
const DEADLINE_MS = 60 * 60_000;

/** A machine that is emulated where KVM is asked for is a failure; deadlines are for a CPU that is emulated itself. */
const ENVIRONMENT = { DEWAR_ACCEL: 'kvm', DEWAR_SLOW: '20', CI: 'true' };

/**
 * Runs the contract suites of the drivers, and the built program, where KVM is real: QEMU's, which is in the lab, and those
 * of the VMMs that FIRECRACKER_BIN, JAILER_BIN and CLOUD_HYPERVISOR_BIN name; the others' tests are skipped.
 * @param words of vitest's command line
 * @param whole the probe and the machines alone otherwise: all of it takes minutes of one CPU
 * @returns counts, see countVitest
 */
export async function runKvmSuite(words = [], { whole = true } = {}) {
  const why = cannotRun();
  if (why !== undefined) {
    console.log(` ↓ what needs KVM (not here: ${why})`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const bundles = ownDirectory();
  try {
    return await runIn(bundles, words, whole ? [...FIRST_TESTS, ...MORE_TESTS] : FIRST_TESTS);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    removeDirectory(bundles);
  }
}

/** @returns why, where it cannot */
function cannotRun() {
  if (process.arch !== 'x64') return `the outer machine is x86-64, this host is ${process.arch}`;
  const missing = missingPackages(process.env, FOR_MACHINES);
  if (missing.length > 0) return `without ${missing.join(', ')}`;
  return which('setpriv') === undefined ? 'without setpriv of util-linux' : undefined;
}

async function runIn(bundles, words, machineTests) {
  const vmms = givenVmms();
  const whole = await endToEnd(words, vmms.drivers);
  const tests = [...machineTests, ...whole.names];
  const packages = [...(await bundleTests(tests, bundles)), ...dependencies()];
  const image = await ensureOuterImage();
  const profiles = ['minimal', ...(vmms.drivers.length > 0 ? profilesOf(tests, words) : [])];
  const guests = [];
  for (const profile of profiles) guests.push(await ensureGuestImage(profile));
  const { exitCode, results } = await runInLab({
    image,
    files: [
      { from: bundles, paths: ['.'], to: 'dewar/test' },
      { from: join(projectRoot, 'scripts/kvm-lab'), paths: ['vitest.config.mjs'], to: 'dewar' },
      { from: projectRoot, paths: ['package.json', 'dist', ...packageClosure(packages)], to: 'dewar' },
      { from: imagesCache(), paths: guests.map(({ id }) => join('images', id)), to: 'cache' },
      ...vmms.files,
      ...whole.files,
    ],
    command: commandLine(guests, vmms.drivers, words, { ...vmms.env, ...whole.env }),
    results: [REPORT],
    memoryMiB: vmms.drivers.length > 0 ? MORE_MEMORY_MIB : undefined,
    deadlineMs: DEADLINE_MS,
  });
  const counts = countVitest(results[REPORT] && JSON.parse(results[REPORT]), exitCode);
  for (const problem of counts.problems) console.log(` ✗ ${problem}`);
  return counts;
}

/** The profiles of the tests that vitest's words choose: each image more takes time to bring there. */
function profilesOf(tests, words) {
  const isChosen = (name) => words.some((word) => !word.startsWith('-') && name.includes(word));
  const chosen = tests.some(isChosen) ? tests.filter(isChosen) : tests;
  return chosen.flatMap((name) => PROFILES[name] ?? (name.startsWith('e2e/') ? 'systemd' : []));
}

/** Names of the packages that the built program loads. */
function dependencies() {
  return Object.keys(JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')).dependencies);
}

function commandLine(guests, drivers, words, more) {
  const variables = {
    ...ENVIRONMENT,
    ...more,
    DEWAR_REQUIRE_DRIVERS: ['qemu', ...drivers].join(','),
    DEWAR_TEST_GIVEN_IMAGES: JSON.stringify(
      Object.fromEntries(guests.map((guest) => [guest.profile, imageInLab(guest)])),
    ),
  };
  const env = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
  const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run', '--configLoader', 'native'];
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${LAB}/${REPORT}`];
  return `cd dewar && ${[...env, ...vitest, ...reporters, ...words.map(quote)].join(' ')}`;
}

/** The same image, with its paths in the outer machine. */
function imageInLab({ id, profile, directory, kernel, initrd, rootfs }) {
  const there = (path) => path.replace(directory, `${LAB}/cache/images/${id}`);
  const paths = { directory, kernel, initrd, rootfs };
  const moved = Object.entries(paths).map(([name, path]) => [name, there(path)]);
  return { id, profile, reused: true, ...Object.fromEntries(moved) };
}

function quote(word) {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
