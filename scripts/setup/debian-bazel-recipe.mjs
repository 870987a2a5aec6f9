import { appendFileSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addToZip } from './add-to-zip.mjs';
import { offlineModules } from './bazel-7-offline.mjs';
import { BAZEL_WRAPPER, MOUNT_POINTS } from './bazel-wrapper.mjs';
import { unpackDebianTree } from './debian-tree.mjs';

/** The Bazels that Debian packages. */
export const RECIPES = {
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
 * Makes a Bazel in the directory `made`: the tree in `root`, the program `bin/bazel`.
 * @param recipe one of RECIPES
 */
export async function makeBazel(made, { suite, packages, finish }) {
  const root = join(made, 'root');
  const all = [...packages, 'default-jre-headless', 'mawk'];
  // the JDK is as big as all the rest together, and adds to the JRE what nobody needs here, but for two launchers
  await unpackDebianTree({ root, suite, packages: all, given: ['default-jdk-headless'] });
  addJavaLaunchers(root);
  for (const name of MOUNT_POINTS) writeFileSync(join(root, 'etc', name), '', { flag: 'a' });
  mkdirSync(join(root, 'usr', 'local'), { recursive: true });
  writeIn(join(made, 'bin', 'bazel'), BAZEL_WRAPPER, 0o755);
  finish(root);
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
