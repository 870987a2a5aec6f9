import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { say } from './say.mjs';
import { addToZip } from './add-to-zip.mjs';
import { offlineModules } from './bazel-7-offline.mjs';
import { BAZEL_WRAPPER, MOUNT_POINTS } from './bazel-wrapper.mjs';
import { checkBazel } from './check-bazel.mjs';
import { unpackDebianTree } from './debian-tree.mjs';
import { withLock } from './lock.mjs';
import { toolsDir } from './paths.mjs';

/** The Bazels that Debian packages. */
const RECIPES = {
  7: {
    suite: 'forky',
    packages: ['bazel-bootstrap', 'bazel-rules-shell'],
    bzlmod: true,
    finish: (root) => {
      addOfflineModules(root);
      stampVersion(root);
    },
  },
  4: {
    suite: 'bookworm',
    packages: ['bazel-bootstrap'],
    bzlmod: false,
    // as Debian ships it: a Bazel that cannot tell its version is worth a test
    finish: () => undefined,
  },
};

/**
 * A real Bazel of that major version from Debian's packages, in the tools directory and nowhere else.
 * @returns the path of its program
 */
export async function ensureDebianBazel(major) {
  const installed = installedDebianBazel(major);
  if (installed !== undefined) return installed;
  const home = homeOf(major);
  await withLock(`${home}.lock`, async () => {
    if (!isCurrent(home)) await make(major, home);
  });
  return join(home, 'bin', 'bazel');
}

/** @returns the path of its program, or undefined where ensureDebianBazel would have to install it */
export function installedDebianBazel(major) {
  const home = homeOf(major);
  return isCurrent(home) ? join(home, 'bin', 'bazel') : undefined;
}

function homeOf(major) {
  return join(toolsDir(), `bazel-${major}`);
}

async function make(major, home) {
  const { suite } = RECIPES[major];
  say(`installs Bazel ${major} from Debian ${suite} into ${home} (300 MB to download, 0.7 GB on disk)`);
  const from = Date.now();
  removeLeftovers(home);
  const made = `${home}.tmp-${process.pid}`;
  try {
    await fill(made, RECIPES[major]);
    if (existsSync(home)) renameSync(home, `${home}.tmp-old-${process.pid}`);
    renameSync(made, home);
  } finally {
    removeLeftovers(home);
  }
  say(`Bazel ${major} is ready after ${Math.round((Date.now() - from) / 1000)} s`);
}

async function fill(made, { suite, packages, bzlmod, finish }) {
  const root = join(made, 'root');
  const all = [...packages, 'default-jre-headless', 'mawk'];
  // the JDK is as big as all the rest together, and adds to the JRE what nobody needs here, but for two launchers
  await unpackDebianTree({ root, suite, packages: all, given: ['default-jdk-headless'] });
  addJavaLaunchers(root);
  for (const name of MOUNT_POINTS) writeFileSync(join(root, 'etc', name), '', { flag: 'a' });
  mkdirSync(join(root, 'usr', 'local'), { recursive: true });
  writeIn(join(made, 'bin', 'bazel'), BAZEL_WRAPPER, 0o755);
  finish(root);
  await checkBazel(join(made, 'bin', 'bazel'), { bzlmod });
  writeIn(join(made, 'recipe'), recipeDigest());
}

/** Of an earlier set-up that was ended half-way; the lock is ours, so nobody uses them. */
function removeLeftovers(home) {
  const parent = dirname(home);
  for (const name of existsSync(parent) ? readdirSync(parent) : [])
    if (join(parent, name).startsWith(`${home}.tmp-`))
      rmSync(join(parent, name), { recursive: true, force: true });
}

function isCurrent(home) {
  const recipe = join(home, 'recipe');
  return existsSync(recipe) && readFileSync(recipe, 'utf8') === recipeDigest();
}

/** Changes with how the trees are made. */
function recipeDigest() {
  const files = [
    'bazel-7-offline.mjs',
    'bazel-from-debian.mjs',
    'bazel-wrapper.mjs',
    'debian-tree.mjs',
    'add-to-zip.mjs',
  ];
  const hash = createHash('sha256');
  for (const name of files) hash.update(readFileSync(new URL(name, import.meta.url)));
  return hash.digest('hex');
}

/** Bazel takes the JDK in which it finds javac. The compiler itself is a module of the JRE. */
function addJavaLaunchers(root) {
  const launchers = { javac: 'jdk.compiler/com.sun.tools.javac.Main', jar: 'jdk.jartool/sun.tools.jar.Main' };
  for (const [name, module] of Object.entries(launchers)) {
    const java = '/usr/lib/jvm/default-java/bin/java';
    const jvm = realpathSync(join(root, 'usr/lib/jvm/default-java'));
    writeIn(join(jvm, 'bin', name), `#!/bin/sh\nexec ${java} -m ${module} "$@"\n`, 0o755);
  }
  for (const name of ['java', ...Object.keys(launchers)])
    symlinkSync(`../lib/jvm/default-java/bin/${name}`, join(root, 'usr/bin', name));
}

function addOfflineModules(root) {
  const shellRules = readFileSync(join(root, 'usr/share/bazel/rules/shell/MODULE.bazel'), 'utf8');
  const { files, rc } = offlineModules(shellRules);
  for (const [path, text] of files) writeIn(join(root, path), text);
  appendFileSync(join(root, 'etc/bazel/bazelrc'), `\n${rc.join('\n')}\n`);
}

/**
 * Debian builds Bazel without a version stamp, so that `bazel version` fails. The server reads it from
 * /build-data.properties in its jar.
 */
function stampVersion(root) {
  const bazel = join(root, 'usr/share/bazel');
  const version = readFileSync(join(bazel, 'build-label.txt'), 'utf8').trim();
  const times = ['build.timestamp=0', 'build.timestamp.as.int=0', 'build.time=Thu Jan 01 00:00:00 1970 (0)'];
  const properties = [`build.label=${version}`, ...times, 'build.target=bazel-out/Bazel_deploy.jar', ''];
  addToZip(join(bazel, 'A-server.jar'), 'build-data.properties', properties.join('\n'));
}

function writeIn(path, text, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}
