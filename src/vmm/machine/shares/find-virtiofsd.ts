import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { runCommand } from '../../../platform/run-command.ts';

export interface VirtiofsdProgram {
  /** Absolute. */
  path: string;
  /** `c`: the one that came with QEMU before 8.0; `rust`: its successor, a package of its own. They take other options. */
  kind: 'c' | 'rust';
  /** It can give files other owners than they have. */
  translates: boolean;
  /** It shows mounts below the directory as such unless it is told not to. */
  announces: boolean;
}

/** Where distributions put it; it is not meant for PATH. */
const USUAL = ['/usr/libexec/virtiofsd', '/usr/lib/virtiofsd', '/usr/lib/qemu/virtiofsd'];
const DEADLINE_MS = 20_000;

/**
 * Finds virtiofsd: `DEWAR_VIRTIOFSD` (an absolute path), else where distributions put it, else on PATH.
 * @throws DewarError VIRTIOFSD_MISSING
 */
export async function findVirtiofsd(env: Readonly<Record<string, string>>): Promise<VirtiofsdProgram> {
  const own = env['DEWAR_VIRTIOFSD'] ?? '';
  const onPath = (env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'virtiofsd'));
  for (const path of own === '' ? [...USUAL, ...onPath] : [own]) {
    if (!isAbsolute(path) || !(await isProgram(path))) continue;
    const abilities = await abilitiesOf(path);
    if (abilities !== undefined) return { path, ...abilities };
  }
  throw new DewarError({
    code: 'VIRTIOFSD_MISSING',
    message:
      own === ''
        ? 'virtiofsd, which shares directories with guests, is not here'
        : `DEWAR_VIRTIOFSD=${own} is not the absolute path of a virtiofsd`,
    mend: 'install it (Debian 12: part of qemu-system-common; from 13 on: apt-get install virtiofsd), or name one by DEWAR_VIRTIOFSD',
    packages: ['virtiofsd'],
  });
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function abilitiesOf(path: string): Promise<Omit<VirtiofsdProgram, 'path'> | undefined> {
  const { exitCode, stdout } = await runCommand(path, ['--help'], { deadlineMs: DEADLINE_MS });
  const help = stdout.toString('utf8');
  if (exitCode !== 0 || !help.includes('--socket-path')) return undefined;
  return {
    kind: help.includes('--shared-dir') ? 'rust' : 'c',
    translates: help.includes('--translate-uid'),
    announces: help.includes('--no-announce-submounts'),
  };
}
