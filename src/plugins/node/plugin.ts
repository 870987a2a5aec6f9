import type { Plugin } from '../../config/workspace-config.ts';

export const plugin: Plugin = {
  name: 'node',
  packages: ['nodejs', 'npm'],
  domains: ['registry.npmjs.org'],
  caches: [
    {
      name: 'npm',
      // in the cache's own directory are logs too
      host: {
        path: '~/.npm/_cacache',
        overrides: [
          { name: 'npm_config_cache', below: '_cacache' },
          { name: 'NPM_CONFIG_CACHE', below: '_cacache' },
        ],
      },
      guest: '~/.npm/_cacache',
      exclude: ['tmp/**', '**/.npmrc'],
      unpacked: ['content-v2/**'],
    },
    {
      name: 'pnpm',
      host: {
        path: '~/.local/share/pnpm/store',
        overrides: [
          'npm_config_store_dir',
          'pnpm_config_store_dir',
          { name: 'PNPM_HOME', below: 'store' },
          { name: 'XDG_DATA_HOME', below: 'pnpm/store' },
        ],
      },
      guest: '~/.local/share/pnpm/store',
      // projects, links: what leads to directories of this host, and what is made of the store for them
      exclude: ['**/tmp/**', '*/links/**', '*/projects/**', '**/*.lock', '**/.npmrc'],
      unpacked: ['*/files/**'],
    },
  ],
};
