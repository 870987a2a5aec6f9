import type { Plugin } from '../../config/workspace-config.ts';
import { npmPackageScript } from '../../guest/npm-package-script.ts';
import { CONFIG_DIRECTORIES, CREDENTIALS_IN_MEMORY } from './config-names.ts';

/** What Claude Code writes all the time and needs no longer than a machine lives. */
const WRITE_HEAVY = ['cache', 'debug', 'session-env', 'shell-snapshots', 'statsig', 'telemetry', 'todos'];

export const plugin: Plugin = {
  name: 'claude-code',
  packages: ['nodejs', 'npm'],
  domains: ['anthropic.com', 'claude.ai', 'claude.com', 'registry.npmjs.org'],
  mounts: [
    // Not ~/.claude itself: it has the host's credentials and the talks of all projects; and who may write its settings,
    // commands or hooks has his programs run on the host.
    ...CONFIG_DIRECTORIES.map((name) => ({
      source: `~/.claude/${name}`,
      target: `~/.claude/${name}`,
      readonly: true,
      optional: true,
    })),
    ...[...WRITE_HEAVY, CREDENTIALS_IN_MEMORY].map((name) => ({
      tmpfs: true as const,
      target: `~/.claude/${name}`,
    })),
  ],
  scripts: [
    {
      name: 'install claude-code',
      run: npmPackageScript({
        plugin: 'claude-code',
        name: '@anthropic-ai/claude-code',
        program: 'claude',
      }),
    },
  ],
  commands: {
    'sync-config': {
      summary: "copy this host's settings of Claude Code into the machine",
      usage: '[--credentials] [--follow-links]',
      run: async (context) => (await import('./sync-config.ts')).syncConfig(context),
    },
  },
};
