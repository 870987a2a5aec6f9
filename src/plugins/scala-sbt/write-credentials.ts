import type { HookContext } from '../../config/workspace-config.ts';
import { guestCommandFailed } from '../../guest/guest-command-failed.ts';
import { guestWords } from '../../guest/guest-words.ts';
import { CREDENTIALS_SCRIPT } from './credentials-script.ts';

const DEADLINE_MS = 60_000;

/**
 * Has the guest write its files of credentials from its own env, and says which repositories they are for.
 * @throws DewarError GUEST_COMMAND_FAILED; what the guest throws
 */
export async function writeCredentials(context: HookContext): Promise<void> {
  const { guest } = context;
  if (guest === undefined) return;
  const result = await guest.run(['perl', '-e', CREDENTIALS_SCRIPT], { deadlineMs: DEADLINE_MS });
  if (result.exitCode !== 0) throw guestCommandFailed('writing credentials of Maven repositories', result);
  const words = guestWords(result.stdout.toString('utf8') + result.stderr);
  if (words !== '') context.say(words);
}
