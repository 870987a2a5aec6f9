import type { CacheConfig, Plugin } from '../../config/workspace-config.ts';

/** Credentials live in files of these names. */
const SECRETS = ['**/settings.xml', '**/settings-security.xml'];

/** Maven has no variable for where it lies: `localRepository` of settings.xml and -Dmaven.repo.local are not seen. */
const REPOSITORY: CacheConfig = {
  name: 'maven-repository',
  host: { path: '~/.m2/repository' },
  guest: '~/.m2/repository',
  exclude: [
    ...SECRETS,
    // what could not be had, and from which url, which may have a password in it
    '**/*.lastUpdated',
    '**/resolver-status.properties',
    // by the names that the host's settings.xml gives its mirrors: the guest, without these, would not take the files
    '**/_remote.repositories',
    '**/_maven.repositories',
    '**/*.lock',
    '**/*.part',
    '**/*.tmp',
    '.locks/**',
    // of Eclipse: indexes with paths of this host
    '.cache/**',
    '**/m2e-lastUpdated.properties',
  ],
};

/** Versions of Maven that mvnw of projects has unpacked. */
const WRAPPER: CacheConfig = {
  name: 'maven-wrapper',
  host: { path: '~/.m2/wrapper/dists', overrides: [{ name: 'MAVEN_USER_HOME', below: 'wrapper/dists' }] },
  guest: '~/.m2/wrapper/dists',
  exclude: [
    ...SECRETS,
    // where it came from, which may have a password in it; nobody reads it
    '**/mvnw.url',
    // unpacked beside
    '*/*/*.zip',
    '*/*/*.tar.gz',
    '**/*.part',
    '**/*.lock',
    '**/*.lck',
  ],
  unpacked: ['*/*/*/**'],
};

export const plugin: Plugin = {
  name: 'maven',
  packages: ['maven', 'openjdk-17-jdk-headless'],
  domains: ['repo.maven.apache.org', 'repo1.maven.org'],
  caches: [REPOSITORY, WRAPPER],
};
