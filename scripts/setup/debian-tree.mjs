import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './say.mjs';
import { debianMirror } from './apt-sources.mjs';
import { run, tail } from './run.mjs';

/** What neither a query nor a build reads: documentation, translations, link-time and sanitizer variants. */
const LEFT_OUT = [
  ...['doc', 'man', 'info', 'locale', 'lintian', 'bug', 'javascript', 'nodejs', 'maven-repo', 'gitweb'].map(
    (name) => `./usr/share/${name}`,
  ),
  './usr/lib/jvm/*/lib/server/classes_*.jsa',
  './usr/bin/*-lto-dump-*',
  './usr/lib*/gcc/*/lto1',
  './usr/lib/*/lib?san.so*',
  './usr/lib/*/libhwasan.so*',
];

/** Debian makes these with its alternatives system, which runs only when packages are configured. */
const ALTERNATIVES = { awk: 'mawk', cc: 'gcc', 'c++': 'g++', which: 'which.debianutils' };

/** $1: a .deb; the rest: options of tar. Old packages still name /bin and /lib, which are links here. */
const UNPACK = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner "${@:2}"';

/**
 * Unpacks Debian packages, with all that they depend on, into `root` (a merged-/usr tree), without root and without
 * touching this machine's own packages: apt with directories of its own resolves and downloads, dpkg-deb unpacks.
 * Packages are not configured.
 * @param given names of packages to do without, although others depend on them
 */
export async function unpackDebianTree({ root, suite, packages, given }) {
  const work = `${root}.apt`;
  const options = prepareApt(work, suite, given);
  await apt(options, ['update', '-q'], `the package lists of Debian ${suite} could not be had`);
  const install = [
    'install',
    '--download-only',
    '--no-install-recommends',
    '-y',
    '-q',
    '?essential',
    ...packages,
  ];
  await apt(options, install, `the packages of Debian ${suite} could not be downloaded`);
  makeMergedUsr(root);
  await unpackAll(join(work, 'archives'), root);
  rmSync(work, { recursive: true });
  for (const [name, target] of Object.entries(ALTERNATIVES))
    linkUnlessThere(target, join(root, 'usr/bin', name));
}

/** @returns options that make apt use only directories below `work`; the machine's proxies and key rings stay in force */
function prepareApt(work, suite, given) {
  for (const dir of ['state', 'lists/partial', 'archives/partial'])
    mkdirSync(join(work, dir), { recursive: true });
  const { uri, signedBy } = debianMirror();
  const ring = signedBy === undefined ? '' : ` signed-by=${signedBy}`;
  writeFileSync(join(work, 'sources.list'), `deb [target=Packages${ring}] ${uri} ${suite} main\n`);
  writeFileSync(join(work, 'status'), given.map(installedStanza).join(''));
  const settings = {
    'Dir::Etc::SourceList': join(work, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State': join(work, 'state'),
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::State::Status': join(work, 'status'),
    'Dir::Cache': work,
    'Dir::Cache::Archives': join(work, 'archives'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    // as root, apt would download as a user who may not read a private directory
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function installedStanza(name) {
  const lines = [`Package: ${name}`, 'Status: install ok installed', 'Maintainer: none <none@localhost>'];
  return [
    ...lines,
    'Architecture: all',
    'Multi-Arch: foreign',
    'Version: 99:0',
    'Description: left out',
    '',
    '',
  ].join('\n');
}

async function apt(options, args, failure) {
  const { exitCode, stdout, stderr } = await run('apt-get', [...options, ...args]);
  // `update` warns and ends with 0 when a source cannot be reached
  if (exitCode !== 0 || /^W: (Failed to fetch|Some index files)/m.test(stderr))
    throw new SetupError(`${failure} (apt-get exit code ${exitCode}):\n${tail(stderr || stdout)}`);
}

function makeMergedUsr(root) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
}

async function unpackAll(archives, root) {
  const packages = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  const exclude = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const unpack = async () => {
    for (let name = packages.pop(); name !== undefined; name = packages.pop()) {
      const args = [UNPACK, 'unpack', join(archives, name), '-C', root, ...exclude];
      const result = await run('bash', ['-o', 'pipefail', '-c', ...args]);
      if (result.exitCode !== 0)
        throw new SetupError(`${name} could not be unpacked:\n${tail(result.stderr)}`);
    }
  };
  await Promise.all(cpus().map(unpack));
}

function linkUnlessThere(target, path) {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}
