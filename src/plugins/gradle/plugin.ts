import type { CacheConfig, Plugin } from '../../config/workspace-config.ts';

/**
 * What was downloaded, which Gradle may be given by a copy (its manual: "Copying and reusing the cache"). The rest of
 * ~/.gradle/caches is derived on each host, has paths of it, or belongs to a daemon.
 */
const MODULES: CacheConfig = {
  name: 'gradle-modules',
  host: {
    path: '~/.gradle/caches/modules-2',
    overrides: [{ name: 'GRADLE_USER_HOME', below: 'caches/modules-2' }],
  },
  guest: '~/.gradle/caches/modules-2',
  exclude: [
    '**/*.lock',
    '**/*.lck',
    '**/*.part',
    '**/*.tmp',
    // of the host's own clean-ups
    '**/gc.properties',
    '**/gradle.properties',
  ],
};

/** Versions of Gradle that gradlew of projects has unpacked; `*.ok` beside them says that they are whole. */
const WRAPPER: CacheConfig = {
  name: 'gradle-wrapper',
  host: {
    path: '~/.gradle/wrapper/dists',
    overrides: [{ name: 'GRADLE_USER_HOME', below: 'wrapper/dists' }],
  },
  guest: '~/.gradle/wrapper/dists',
  // the zip is unpacked beside
  exclude: ['*/*/*.zip', '*/*/*.part', '*/*/*.lck', '**/gradle.properties'],
  unpacked: ['*/*/*/**'],
};

export const plugin: Plugin = {
  name: 'gradle',
  // Debian 12's own Gradle is 4.4: gradlew brings the version that a project asks for, by a redirection to GitHub.
  packages: ['openjdk-17-jdk-headless'],
  domains: ['github.com', 'githubusercontent.com', 'gradle.org', 'repo.maven.apache.org', 'repo1.maven.org'],
  caches: [MODULES, WRAPPER],
};
