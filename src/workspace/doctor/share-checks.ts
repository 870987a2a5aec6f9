import { release } from 'node:os';
import { runCommand } from '../../platform/run-command.ts';
import { findSftpServer } from '../../vmm/find-sftp-server.ts';
import type { Check, Finding } from './check.ts';
import { programCheck } from './program-check.ts';

/** What mounts of this host's directories need. */
export const SHARE_CHECKS: readonly Check[] = [
  {
    id: 'virtiofsd',
    group: 'shares',
    title: 'virtiofsd',
    failure: 'warning',
    async run({ driver }) {
      const { path, kind } = await driver.shareDaemon();
      return { level: 'ok', message: `${path}, ${kind}` };
    },
  },
  {
    id: 'sftp-server',
    group: 'shares',
    title: 'sftp-server',
    async run({ env, driver }) {
      try {
        return { level: 'ok', message: await findSftpServer(env) };
      } catch (error) {
        // It takes virtiofsd's place where that is not there.
        await driver.shareDaemon().catch(() => {
          throw error;
        });
        return { level: 'note', message: 'it is not there; directories are shared by virtiofsd alone' };
      }
    },
  },
  programCheck({
    id: 'perl',
    group: 'shares',
    title: 'perl',
    programs: ['perl'],
    packages: ['perl-base'],
    why: 'it makes the jail in which directories are shared with guests',
  }),
  {
    id: 'kernel',
    group: 'shares',
    title: 'kernel',
    run: () => Promise.resolve(judgeKernel(release())),
  },
  {
    id: 'user-namespaces',
    group: 'shares',
    title: 'user namespaces',
    run: async ({ signal }) => {
      if (process.getuid?.() === 0)
        return { level: 'ok', message: 'this is root, who needs none of his own' };
      const tried = await runCommand('unshare', ['--user', '--map-root-user', 'true'], { signal });
      if (tried.exitCode === 0) return { level: 'ok', message: 'this user may make them' };
      return {
        level: 'problem',
        message: `this user may make none, and so share no directory: ${tried.stderr.trim().slice(0, 200)}`,
        mend: 'as root: sysctl kernel.unprivileged_userns_clone=1 (Debian), or kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)',
      };
    },
  },
];

const OLDEST_KERNEL = [5, 12] as const;

/** @param version of `uname -r` */
export function judgeKernel(version: string): Finding {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const [oldest, oldestMinor] = OLDEST_KERNEL;
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return { level: 'ok', message: version };
  return {
    level: 'problem',
    message: `${version} is older than ${OLDEST_KERNEL.join('.')}, with which no directory can be shared`,
    mend: 'install a newer kernel, and start this host anew',
  };
}
