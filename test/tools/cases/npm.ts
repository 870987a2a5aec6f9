import type { ToolCase } from '../support/tool-case.ts';

/** chalk has five packages below it. */
export const npm: ToolCase = {
  name: 'npm',
  plugin: 'node',
  caches: ['npm'],
  needs: ['node', 'npm'],
  files: {
    'package.json': JSON.stringify({
      name: 'small',
      version: '1.0.0',
      private: true,
      dependencies: { chalk: '4.1.2', ms: '2.1.3', semver: '7.6.3' },
    }),
    'main.js': `const chalk = require('chalk');
console.log(new chalk.Instance({ level: 1 }).green(require('ms')('2 days')), require('semver').inc('1.2.3', 'minor'));
`,
  },
  async fill(directory, { does }) {
    await does(directory, 'npm', 'install', '--package-lock-only', '--no-audit', '--no-fund');
    await does(directory, 'npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
    await does(directory, 'rm', '-rf', 'node_modules');
  },
  offline: 'npm ci --offline --ignore-scripts --no-audit --no-fund >&2 && node main.js',
  prints: '\u001b[32m172800000\u001b[39m 1.3.0',
  fails: /ENOTCACHED/,
};
