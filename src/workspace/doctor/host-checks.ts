import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeMemoryDirectory, removeMemoryDirectory } from '../../platform/memory-directory.ts';
import { runtimeDirectory } from '../../platform/runtime-directory.ts';
import type { Check } from './check.ts';
import { cacheCheck } from './cache-check.ts';

const OLDEST_NODE = [20, 12] as const;
const FEW_FILES = 65_536;
const MOST_FILES = 1_000_000;

/** What all of dewar needs. */
export const HOST_CHECKS: readonly Check[] = [
  {
    id: 'node',
    group: 'host',
    title: 'Node',
    run: () => {
      const { node } = process.versions;
      const [major = 0, minor = 0] = node.split('.').map(Number);
      const [oldest, oldestMinor] = OLDEST_NODE;
      const isNew = major > oldest || (major === oldest && minor >= oldestMinor);
      return Promise.resolve(
        isNew
          ? { level: 'ok', message: node }
          : {
              level: 'problem',
              message: `${node} is older than ${OLDEST_NODE.join('.')}`,
              mend: 'install a newer Node',
            },
      );
    },
  },
  cacheCheck,
  {
    id: 'runtime-directory',
    group: 'host',
    title: 'directory of locks and sockets',
    run: async ({ env }) => ({ level: 'ok', message: await runtimeDirectory(env) }),
  },
  {
    id: 'memory',
    group: 'host',
    title: 'memory for credentials',
    async run({ env }) {
      // as they get there, and goes again
      const made = await makeMemoryDirectory(
        join(await runtimeDirectory(env), 'secrets', `doctor-${process.pid}`),
      );
      await removeMemoryDirectory(made);
      return { level: 'ok', message: 'there is a tmpfs for them, no disk' };
    },
  },
  {
    id: 'open-files',
    group: 'host',
    title: 'open files',
    async run() {
      const most = await mostFiles();
      const message = `a share can have ${most.toLocaleString('en-US')} files open`;
      if (most >= FEW_FILES) return { level: 'ok', message };
      const mend = 'raise the hard limit nofile of this user in /etc/security/limits.conf, and log in again';
      return { level: 'warning', message: `${message}, which a large build in it may need`, mend };
    },
  },
];

/** @returns the limit that the daemon of a share gets for itself: root may raise its own */
async function mostFiles(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = Number(/^Max open files +\S+ +(\S+)/m.exec(limits)?.[1]?.replace('unlimited', 'Infinity'));
  const kernel = Number(await readFile('/proc/sys/fs/nr_open', 'utf8'));
  const own = process.getuid?.() === 0 && kernel >= MOST_FILES ? MOST_FILES : hard;
  return Math.min(MOST_FILES, own);
}
