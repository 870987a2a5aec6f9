import { userInfo } from 'node:os';
import type { Plugin } from '../../config/workspace-config.ts';
import { npmPackageScript } from '../../guest/npm-package-script.ts';

/** Has the same programs that its releases have; npm checks their digest. */
const BAZELISK = { name: '@bazel/bazelisk', version: '1.28.1' };
/** Of the guest's user. */
const GUEST_USER = 'dewar';

export const plugin: Plugin = {
  name: 'bazel',
  // Debian 12's own Bazel is 4.2: bazelisk brings the version that a workspace asks for. The rest is what Bazel and its
  // C++ toolchain need.
  packages: ['g++', 'nodejs', 'npm', 'python3', 'unzip', 'zip'],
  domains: ['bazel.build', 'github.com', 'githubusercontent.com', 'registry.npmjs.org'],
  scripts: [
    { name: 'install bazelisk', run: npmPackageScript({ plugin: 'bazel', program: 'bazel', ...BAZELISK }) },
  ],
  caches: [
    {
      name: 'bazel-repositories',
      host: {
        path: `~/.cache/bazel/${repositoryCache(userInfo().username)}`,
        overrides: [{ name: 'XDG_CACHE_HOME', below: `bazel/${repositoryCache(userInfo().username)}` }],
      },
      guest: `~/.cache/bazel/${repositoryCache(GUEST_USER)}`,
      // contents: unpacked repositories, with paths of this host
      exclude: ['contents/**', '**/tmp-*', '**/tmp-*/**', '**/*.lock'],
      unpacked: ['content_addressable/**'],
    },
    {
      name: 'bazelisk',
      host: {
        path: '~/.cache/bazelisk',
        overrides: ['BAZELISK_HOME', { name: 'XDG_CACHE_HOME', below: 'bazelisk' }],
      },
      guest: '~/.cache/bazelisk',
      exclude: ['**/*.lock', '**/*.tmp', '**/*.tmp/**', 'downloads/_tmp/**'],
      unpacked: ['downloads/sha256/**'],
    },
  ],
};

/** Below Bazel's output root. */
function repositoryCache(user: string): string {
  return `_bazel_${user}/cache/repos/v1`;
}
