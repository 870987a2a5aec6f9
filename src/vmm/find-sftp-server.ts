import { access, constants } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { DewarError } from '../core/errors.ts';

/** Where distributions put it; it is not meant for PATH. */
const USUAL = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/libexec/sftp-server',
];

/**
 * Finds OpenSSH's sftp-server: `DEWAR_SFTP_SERVER` (an absolute path), else where distributions put it.
 * @returns its absolute path
 * @throws DewarError SFTP_SERVER_MISSING
 */
export async function findSftpServer(env: Readonly<Record<string, string>>): Promise<string> {
  const own = env['DEWAR_SFTP_SERVER'] ?? '';
  for (const path of own === '' ? USUAL : [own]) if (isAbsolute(path) && (await isProgram(path))) return path;
  throw new DewarError({
    code: 'SFTP_SERVER_MISSING',
    message:
      own === ''
        ? 'sftp-server of OpenSSH, which shares directories with guests where virtiofs cannot, is not here'
        : `DEWAR_SFTP_SERVER=${own} is not the absolute path of a program`,
    mend: 'install it (apt-get install openssh-sftp-server), or install virtiofsd',
    packages: ['openssh-sftp-server'],
  });
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
