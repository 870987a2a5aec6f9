import type { CacheConfig, Plugin } from '../../config/workspace-config.ts';

/** Like GIT what Cargo's own guide names for CI; credentials.toml and config.toml lie beside it, in CARGO_HOME itself. */
const REGISTRY: CacheConfig = {
  name: 'cargo-registry',
  host: { path: '~/.cargo/registry', overrides: [{ name: 'CARGO_HOME', below: 'registry' }] },
  guest: '~/.cargo/registry',
  exclude: [
    // unpacked from cache/**/*.crate when it is missing
    'src/**',
    '**/*.lock',
    '**/.cargo-index-lock',
    // of indexes that are git repositories: the url, which may have a password in it; half downloads
    'index/*/.git/FETCH_HEAD',
    'index/*/.git/objects/**/tmp_*',
    'index/*/.git/objects/pack/pack_git2_*',
  ],
  // there is a crate of the name credentials
  unpacked: ['index/*/.cache/**'],
};

const GIT: CacheConfig = {
  name: 'cargo-git',
  // checkouts beside it are made from it when they are missing
  host: { path: '~/.cargo/git/db', overrides: [{ name: 'CARGO_HOME', below: 'git/db' }] },
  guest: '~/.cargo/git/db',
  exclude: ['**/*.lock', '*/FETCH_HEAD', '*/objects/**/tmp_*', '*/objects/pack/pack_git2_*'],
};

export const plugin: Plugin = {
  name: 'cargo',
  // Debian 12's `cargo` is 0.66, and reads no sparse index; this one is kept up to date for browsers
  packages: ['cargo-web', 'rustc-web'],
  domains: ['crates.io'],
  caches: [REGISTRY, GIT],
};
