import type { CacheConfig, Plugin } from '../../config/workspace-config.ts';

/**
 * Modules as they were downloaded. Go unpacks them beside when they are missing; what is unpacked on the host may be half
 * done, which only a file in here says, and has directories in which nobody may write. cache/vcs has urls with passwords,
 * the build cache is of no use to another Go.
 */
const MODULES: CacheConfig = {
  name: 'go-modules',
  host: {
    path: '~/go/pkg/mod/cache/download',
    overrides: [
      { name: 'GOMODCACHE', below: 'cache/download' },
      { name: 'GOPATH', below: 'pkg/mod/cache/download' },
    ],
  },
  guest: '~/go/pkg/mod/cache/download',
  exclude: ['**/@v/*.lock', '**/@v/*.partial', '**/@v/*.tmp', '**/@v/*.tmp-*', '**/@v/*.tmp[0-9]*'],
};

export const plugin: Plugin = {
  name: 'go',
  // a C compiler, for cgo: without one packages as common as net do not build
  packages: ['gcc', 'golang-go', 'libc6-dev'],
  domains: ['proxy.golang.org', 'sum.golang.org'],
  caches: [MODULES],
};
