import { describe, expect, it } from 'vitest';
import { findPlugin, PLUGIN_NAMES } from '../builtins.ts';
import { matchPaths } from '../cache/match-paths.ts';

/** As the tools write them, with what of them reaches a machine. */
const PATHS: Record<string, { kept: readonly string[]; left: readonly string[] }> = {
  'bazel-repositories': {
    kept: ['content_addressable/sha256/0a1b/file', 'content_addressable/sha256/0a1b/id-77'],
    left: ['contents', 'contents/0a1b/1/tmp', 'content_addressable/sha256/0a1b/tmp-6f5c'],
  },
  bazelisk: {
    kept: ['downloads/sha256/0a1b/bin/bazel', 'downloads/metadata/bazelbuild/bazel-7.7.1-linux-x86_64'],
    left: ['downloads/_tmp/bazel123'],
  },
  'cargo-registry': {
    kept: [
      'cache/index.crates.io-1949cf8c6b5b557f/tmp_env-0.1.1.crate',
      'index/index.crates.io-1949cf8c6b5b557f/.cache/tm/p_/tmp_env',
      'index/index.crates.io-1949cf8c6b5b557f/config.json',
      'index/github.com-1ecc6299db9ec823/.git/objects/pack/pack-0a1b.pack',
    ],
    left: [
      'src',
      'src/index.crates.io-1949cf8c6b5b557f/fnv-1.0.7/Cargo.toml',
      'index/index.crates.io-1949cf8c6b5b557f/.cargo-index-lock',
      'index/github.com-1ecc6299db9ec823/.git/FETCH_HEAD',
      'index/github.com-1ecc6299db9ec823/.git/objects/pack/tmp_pack_x7',
    ],
  },
  'cargo-git': {
    kept: ['shop-0a1b/HEAD', 'shop-0a1b/config', 'shop-0a1b/objects/pack/pack-0a1b.idx'],
    left: ['shop-0a1b/FETCH_HEAD', 'shop-0a1b/config.lock', 'shop-0a1b/objects/pack/pack_git2_99'],
  },
  coursier: {
    kept: [
      'https/repo1.maven.org/maven2/a/a/1/a-1.jar',
      'https/repo1.maven.org/maven2/a/a/1/.a-1.jar.checked',
      'https/ann%40nexus.example%3A8443/a/a/1/a-1.jar',
    ],
    left: [
      'https/repo1.maven.org/maven2/a/a/1/.a-1.pom.error',
      'https/repo1.maven.org/maven2/a/a/1/a-1.jar.part',
      'https/ann%3As3cr3t%40nexus.example',
      'https/ann%3As3cr3t%40nexus.example/a/a/1/a-1.jar',
    ],
  },
  'go-modules': {
    kept: [
      'github.com/pkg/errors/@v/v0.9.1.zip',
      'github.com/pkg/errors/@v/v0.9.1.ziphash',
      'github.com/pkg/errors/@v/v0.9.1.info',
      'github.com/pkg/errors/@v/v0.9.1.mod',
      'github.com/pkg/errors/@v/list',
      'sumdb/sum.golang.org/tile/8/0/x12/345',
    ],
    left: [
      'github.com/pkg/errors/@v/v0.9.1.lock',
      'github.com/pkg/errors/@v/v0.9.1.partial',
      'github.com/pkg/errors/@v/v0.9.1.zip1234.tmp',
    ],
  },
  'gradle-modules': {
    kept: ['files-2.1/a/a/1/0a1b/a-1.jar', 'metadata-2.107/module-metadata.bin'],
    left: ['modules-2.lock', 'gc.properties', 'metadata-2.107/gc.properties'],
  },
  'gradle-wrapper': {
    kept: [
      'gradle-8.5-bin/0a1b/gradle-8.5-bin.zip.ok',
      'gradle-8.5-bin/0a1b/gradle-8.5/lib/gradle-core-8.5.jar',
    ],
    left: [
      'gradle-8.5-bin/0a1b/gradle-8.5-bin.zip',
      'gradle-8.5-bin/0a1b/gradle-8.5-bin.zip.lck',
      'gradle-8.5-bin/0a1b/gradle-8.5-bin.zip.part',
    ],
  },
  ivy: { kept: ['a/a/jars/a-1.jar', 'a/a/ivy-1.xml'], left: ['.sbt.ivy.lock', 'a/a/jars/a-2.jar.part'] },
  'maven-repository': {
    kept: ['a/a/1/a-1.jar', 'a/a/1/a-1.pom', 'a/a/1/a-1.jar.sha1', 'a/a/maven-metadata-central.xml'],
    left: [
      'a/a/1/_remote.repositories',
      'a/a/2/a-2.jar.lastUpdated',
      'a/a/resolver-status.properties',
      'a/a/2/a-2.jar.123.tmp',
      'a/a/2/a-2.jar.part',
      '.locks/a~a~2.lock',
    ],
  },
  'maven-wrapper': {
    kept: [
      'apache-maven-3.9.6-bin/0a1b/apache-maven-3.9.6/lib/maven-core-3.9.6.jar',
      'apache-maven-3.9.6/0a1b/bin/mvn',
    ],
    left: [
      'apache-maven-3.9.6-bin/0a1b/apache-maven-3.9.6-bin.zip',
      'apache-maven-3.9.6/0a1b/conf/settings.xml',
      'apache-maven-3.9.6/0a1b/mvnw.url',
    ],
  },
  npm: {
    kept: ['content-v2/sha512/0a/1b/c2', 'index-v5/0a/1b/c2'],
    left: ['tmp', 'tmp/0a1b'],
  },
  pip: {
    kept: [
      'http/0/a/1/b/c/0a1bc',
      'http-v2/0/a/1/b/c/0a1bc.body',
      'wheels/0a/1b/docopt-0.6.2-py2.py3-none-any.whl',
    ],
    left: [
      'selfcheck/0a1b',
      'wheels/0a/1b/MarkupSafe-2.1.5-cp311-cp311-linux_x86_64.whl',
      'http-v2/0/a/0a1bc.tmp',
    ],
  },
  pnpm: {
    kept: ['v3/files/00/0a1b', 'v10/index/00/0a1b-ms@2.1.3.json', 'v10/files/00/0a1b-exec'],
    left: ['v3/tmp/_tmp_1', 'v10/projects/0a1b', 'v10/links/ms/2.1.3/0a1b/node_modules/ms/index.js'],
  },
  'sbt-boot': {
    kept: [
      'scala-2.12.18/org.scala-sbt/sbt/1.9.9/main_2.12-1.9.9.jar',
      'scala-2.12.18/lib/scala-library.jar',
    ],
    left: ['sbt.boot.lock', 'update.log'],
  },
  uv: {
    kept: [
      'simple-v28/pypi/markupsafe.rkyv',
      'archive-v0/0a1b/poetry/poetry.lock',
      'archive-v0/0a1b/src/x-y-z-linux_64.py',
      'wheels-v8/pypi/markupsafe/2.1.5-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.http',
      'sdists-v11/pypi/docopt/0.6.2/0a1b/docopt-0.6.2-py2.py3-none-any.whl',
      'sdists-v11/pypi/docopt/0.6.2/0a1b/src/setup.py',
      'git-v0/db/0a1b/HEAD',
    ],
    left: [
      '.lock',
      '.tmpAb12',
      'builds-v0/.tmpAb12/bin/python',
      'interpreter-v5/0a1b/2c3d.msgpack',
      'environments-v2/0a1b/bin/python',
      'wheels-v8/pypi/iniconfig/2.0.0-py3-none-any.lock',
      'sdists-v11/pypi/markupsafe/2.1.5/0a1b/markupsafe-2.1.5-cp311-cp311-linux_x86_64.whl',
      'sdists-v11/pypi/markupsafe/2.1.5/0a1b/markupsafe-2.1.5-cp311-cp311-linux_x86_64',
      'git-v0/checkouts/0a1b/2c3d/setup.py',
      'git-v0/db/0a1b/FETCH_HEAD',
    ],
  },
};

describe('caches of built-in plugins', async () => {
  const plugins = await Promise.all(PLUGIN_NAMES.map((name) => findPlugin(name)));
  const caches = plugins.flatMap((plugin) => plugin?.caches ?? []);

  it('are all known here', () => {
    expect(Object.keys(PATHS).toSorted()).toEqual(caches.map(({ name }) => name).toSorted());
  });

  it.each(caches)('$name: keeps what is worth it, and leaves the rest', ({ name, exclude = [] }) => {
    const isExcluded = matchPaths(exclude);
    const paths = PATHS[name];
    expect({
      kept: paths?.kept.filter((path) => !isExcluded(path)),
      left: paths?.left.filter((path) => isExcluded(path)),
    }).toEqual(paths);
  });
});
