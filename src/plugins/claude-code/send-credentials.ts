import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { guestCommandFailed } from '../../guest/guest-command-failed.ts';
import { writeSecret } from '../../guest/write-secret.ts';
import type { PluginCommandContext } from '../../config/workspace-config.ts';
import { CREDENTIALS, CREDENTIALS_IN_MEMORY } from './config-names.ts';

/**
 * Puts the host's credentials of Claude Code into the guest's memory, with a link to them where Claude Code looks.
 * @throws DewarError CLAUDE_NO_CREDENTIALS, GUEST_NOT_IN_MEMORY, GUEST_COMMAND_FAILED; what the guest throws
 */
export async function sendCredentials(
  { guest, say }: Pick<PluginCommandContext, 'guest' | 'say'>,
  directory: string,
): Promise<void> {
  const content = await readFile(join(directory, CREDENTIALS)).catch((cause: unknown) => {
    throw new DewarError({
      code: 'CLAUDE_NO_CREDENTIALS',
      message: `${join(directory, CREDENTIALS)} cannot be read: Claude Code is not signed in here, or keeps its credentials elsewhere`,
      mend: "run claude in the machine and sign in there, or make a token by claude setup-token and give it by env: { CLAUDE_CODE_OAUTH_TOKEN: fromEnv('CLAUDE_CODE_OAUTH_TOKEN') }",
      cause,
    });
  });
  const name = 'credentials.json';
  await writeSecret(guest, `.claude/${CREDENTIALS_IN_MEMORY}/${name}`, content);
  const link = ['ln', '-sfT', `${CREDENTIALS_IN_MEMORY}/${name}`, `.claude/${CREDENTIALS}`];
  const result = await guest.run(link);
  if (result.exitCode !== 0) throw guestCommandFailed(`linking ~/.claude/${CREDENTIALS}`, result);
  say("the machine has this host's credentials of Claude Code, in its memory, until it goes");
}
