import { DewarError } from '../core/errors.ts';
import { runCommand } from './run-command.ts';

/**
 * Makes a key pair of ssh without a passphrase at `path` and `<path>.pub`, which are free.
 * @throws DewarError COMMAND_NOT_FOUND (no ssh-keygen), SSH_FAILED
 */
export async function makeKeyPair(path: string, comment: string): Promise<void> {
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path];
  const made = await runCommand('ssh-keygen', args);
  if (made.exitCode === 0) return;
  throw new DewarError({
    code: 'SSH_FAILED',
    message: `ssh-keygen could not make ${path}: ${made.stderr.trim()}`,
    mend: 'see that its directory can be written',
  });
}
