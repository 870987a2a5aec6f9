export const CONFIG_NAME = 'dewar.config.js';
/** No name of a command of dewar. */
export const PLUGIN = 'measured';

/**
 * A workspace whose own plugin has the cache, and sends it by other programs too: those get dewar's own connection.
 * @param cache of this host; absolute
 */
export function cachesConfig(cache: string, packages: readonly string[]): string {
  return `import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const CACHE = ${JSON.stringify(cache)};
const TAR = 'set -o pipefail; tar -c -C "$1" . | ssh "\${@:2}" "mkdir ~/by-tar && tar -x -C ~/by-tar"';
const RSYNC = 'rsync -a -e "ssh \${*:2:$#-2}" "$1/" "\${!#}:by-rsync/"';

function sending(script) {
  return ({ guest, args }) => {
    const run = (text) => {
      const { directory: cwd, arguments: ssh } = guest.ssh;
      const done = spawnSync('bash', ['-c', text, 'bash', CACHE, ...ssh], { cwd, stdio: ['ignore', 2, 2] });
      if (done.status !== 0) throw new Error('it ended with ' + done.status);
    };
    const start = performance.now();
    run(script);
    const unsynced = performance.now() - start;
    run('ssh "\${@:2}" sync');
    writeFileSync(args[0], JSON.stringify({ ms: performance.now() - start, unsynced }));
  };
}

export default {
  name: 'bench',
  resources: { vcpus: 2, memoryMB: 2048 },
  network: { mode: 'off' },
  mounts: [],
  warmCaches: false,
  packages: ${JSON.stringify(packages)},
  plugins: [
    {
      name: '${PLUGIN}',
      caches: [{ name: 'cache', host: { path: CACHE }, guest: '~/cache' }],
      commands: {
        tar: { summary: 'send it by tar and ssh', run: sending(TAR) },
        rsync: { summary: 'send it by rsync', run: sending(RSYNC) },
      },
    },
  ],
};
`;
}
