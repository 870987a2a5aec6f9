import type { CacheConfig, Plugin } from '../../config/workspace-config.ts';

const PIP: CacheConfig = {
  name: 'pip',
  host: {
    path: '~/.cache/pip',
    overrides: ['PIP_CACHE_DIR', { name: 'XDG_CACHE_HOME', below: 'pip' }],
  },
  guest: '~/.cache/pip',
  exclude: [
    'http*/**/*.lock',
    'http*/**/*.tmp',
    // whether there is a newer pip
    'selfcheck/**',
    'selfcheck.json',
    // built on this host, for its own libraries
    'wheels/**/*-linux_*.whl',
  ],
};

const UV: CacheConfig = {
  name: 'uv',
  host: {
    path: '~/.cache/uv',
    overrides: ['UV_CACHE_DIR', { name: 'XDG_CACHE_HOME', below: 'uv' }],
  },
  guest: '~/.cache/uv',
  exclude: [
    '.lock',
    '.tmp*',
    '.tmp*/**',
    // of this host's Pythons: where they are, environments made with them
    'builds-v*/**',
    'environments-v*/**',
    'interpreter-v*/**',
    'sdists-v*/**/.lock',
    'wheels-v*/**/*.lock',
    // built on this host, for its own libraries
    'sdists-v*/**/*-*-*-linux_*',
    // made from git-v*/db when they are missing
    'git-v*/checkouts/**',
    'git-v*/locks/**',
    'git-v*/**/FETCH_HEAD',
  ],
  unpacked: ['archive-v*/**', 'sdists-v*/**/src/**'],
};

export const plugin: Plugin = {
  name: 'python',
  // uv is not in Debian 12: pipx brings it
  packages: ['pipx', 'python3', 'python3-pip', 'python3-venv'],
  domains: ['pypi.org', 'pythonhosted.org'],
  caches: [PIP, UV],
};
