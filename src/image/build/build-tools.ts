import { readFile } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import { findProgram, systemPath } from '../../platform/find-program.ts';
import { runCommand } from '../../platform/run-command.ts';

/** How a root file system with files of many owners is made. */
export type BuildMode = 'root' | 'unshare' | 'fakechroot';

export interface BuildTools {
  mode: BuildMode;
  /** What the programs run with: PATH has the directories of system programs. */
  env: Record<string, string>;
  /** Before a command that makes or reads files of many owners; `save` and `load` name a file that keeps them. */
  asRoot(command: readonly string[], state: { save?: string; load?: string }): string[];
}

/** Programs that are always needed, by the Debian package that has them. */
const NEEDED: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  tar: 'tar',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  dumpe2fs: 'e2fsprogs',
  debugfs: 'e2fsprogs',
};

/**
 * Finds the programs that build images, and the way that works for this user.
 * @throws DewarError IMAGE_TOOLS_MISSING, IMAGE_NEEDS_ROOT
 */
export async function findBuildTools(env: Readonly<Record<string, string>>): Promise<BuildTools> {
  const withPath = { ...env, PATH: systemPath(env), LC_ALL: 'C.UTF-8' };
  const has = async (program: string): Promise<boolean> =>
    (await findProgram(program, withPath.PATH)) !== undefined;
  const missing: string[] = [];
  for (const program of Object.keys(NEEDED)) if (!(await has(program))) missing.push(program);
  if (missing.length > 0) throw toolsMissing(missing);
  const mode = await findMode(has, withPath);
  return {
    mode,
    env: withPath,
    asRoot: (command, state) => (mode === 'root' ? [...command] : fakeRoot(command, state)),
  };
}

function fakeRoot(command: readonly string[], { save, load }: { save?: string; load?: string }): string[] {
  const options = [...(load === undefined ? [] : ['-i', load]), ...(save === undefined ? [] : ['-s', save])];
  return ['fakeroot', ...options, '--', ...command];
}

async function findMode(
  has: (program: string) => Promise<boolean>,
  env: Readonly<Record<string, string>>,
): Promise<BuildMode> {
  if (process.getuid?.() === 0) return 'root';
  if (await has('fakeroot')) {
    if ((await has('newuidmap')) && (await hasSubordinateIds(env)) && (await mayUnshare(env)))
      return 'unshare';
    if (await has('fakechroot')) return 'fakechroot';
  }
  throw new DewarError({
    code: 'IMAGE_NEEDS_ROOT',
    message:
      'this user cannot make a root file system here: neither user namespaces with a range of ids nor fakechroot',
    mend: 'install fakeroot and uidmap and give the user ranges in /etc/subuid and /etc/subgid; or install fakeroot and fakechroot; or run the build as root',
    packages: ['fakechroot', 'fakeroot'],
  });
}

async function hasSubordinateIds(env: Readonly<Record<string, string>>): Promise<boolean> {
  const user = (await runCommand('id', ['-un'], { env })).stdout.toString('utf8').trim();
  const names = [user, String(process.getuid?.())];
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (!text.split('\n').some((line) => names.includes(line.split(':')[0] ?? ''))) return false;
  }
  return true;
}

async function mayUnshare(env: Readonly<Record<string, string>>): Promise<boolean> {
  return (await runCommand('unshare', ['--user', '--map-root-user', 'true'], { env })).exitCode === 0;
}

function toolsMissing(missing: readonly string[]): DewarError {
  const packages = [...new Set(missing.map((program) => NEEDED[program] ?? program))];
  const debian = missing.includes('apt-get') ? ' This host has no apt: build on Debian or Ubuntu.' : '';
  return new DewarError({
    code: 'IMAGE_TOOLS_MISSING',
    message: `programs that build images are missing: ${missing.join(', ')}.${debian}`,
    mend: `as root, run: apt-get install --no-install-recommends ${packages.join(' ')}`,
    packages,
  });
}
