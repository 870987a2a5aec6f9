import type { CacheConfig } from '../../config/workspace-config.ts';

/** Held by running tools, half downloads, failures that are remembered, secrets. */
const UNWANTED = [
  '**/*.lock',
  '**/.*.lock',
  '**/*.part',
  '**/.*.part',
  '**/*.error',
  '**/.*.error',
  '**/*.log',
  '**/.credentials',
];

export const CACHES: readonly CacheConfig[] = [
  {
    name: 'coursier',
    host: {
      path: '~/.cache/coursier/v1',
      overrides: ['COURSIER_CACHE', { name: 'XDG_CACHE_HOME', below: 'coursier/v1' }],
    },
    guest: '~/.cache/coursier/v1',
    // a directory for each server, with the name and the password of a URL that has them
    exclude: [...UNWANTED, '*/*%3A*%40*', '*/*%3A*%40*/**', '*/*:*@*', '*/*:*@*/**'],
  },
  // ~/.ivy2 itself has what was published locally, and credentials by convention
  { name: 'ivy', host: { path: '~/.ivy2/cache' }, guest: '~/.ivy2/cache', exclude: UNWANTED },
  { name: 'sbt-boot', host: { path: '~/.sbt/boot' }, guest: '~/.sbt/boot', exclude: UNWANTED },
];
