import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guest } from '../../src/config/workspace-config.ts';
import { runCommand } from '../../src/platform/run-command.ts';

/**
 * Stands in for a guest: its programs really run, on this host, with a scratch directory as the home and `~/.env` sourced.
 * @param home absolute; below /dev/shm where the guest's memory is asked for
 */
export async function localGuest(
  home: string,
  options: { env?: string; path?: string } = {},
): Promise<Guest & { calls: string[][] }> {
  const calls: string[][] = [];
  const path = options.path ?? process.env['PATH'] ?? '';
  await writeFile(join(home, '.env'), options.env ?? '', { mode: 0o600 });
  return {
    home,
    calls,
    run(command, { input, deadlineMs } = {}) {
      calls.push([...command]);
      return runCommand('sh', ['-c', '. ~/.env; exec "$@"', 'guest', ...command], {
        cwd: home,
        env: { HOME: home, PATH: path },
        ...(input === undefined ? {} : { input }),
        deadlineMs,
      });
    },
    ssh: { arguments: [], directory: home },
  };
}
