import { quotePosix } from '../../core/quote-posix.ts';
import { DewarError } from '../../core/errors.ts';
import { guestCommandFailed } from '../../guest/guest-command-failed.ts';
import type { Guest } from '../../config/workspace-config.ts';

const DEADLINE_MS = 60_000;
const NOT_IN_MEMORY = 67;

/**
 * Sets a variable in the guest's `~/.env`, until the machine goes. The value goes by stdin.
 * @param value without newlines
 * @throws DewarError GUEST_NOT_IN_MEMORY, GUEST_COMMAND_FAILED; what the guest throws
 */
export async function setGuestVariable(guest: Guest, name: string, value: string): Promise<void> {
  const line = `export ${name}=${quotePosix(value)} ${MARK}\n`;
  const result = await guest.run(['sh', '-c', SET, 'set-variable', `export ${name}=*${MARK}`], {
    input: line,
    deadlineMs: DEADLINE_MS,
  });
  if (result.exitCode === 0) return;
  if (result.exitCode !== NOT_IN_MEMORY) throw guestCommandFailed(`setting ${name} in ~/.env`, result);
  throw new DewarError({
    code: 'GUEST_NOT_IN_MEMORY',
    message: `${name} was not set: in the guest, ~/.env is not in memory (tmpfs), and a secret must not reach a disk`,
    mend: 'dewar down, then dewar up: it makes ~/.env',
  });
}

/** Tells our line from the user's own. */
const MARK = '# dewar aws login';

/** `~/.env` is a mount point: it can be written, not replaced. */
const SET = `
set -eu
cd
if [ "$(stat -f -c %T .env 2>/dev/null)" != tmpfs ]; then exit ${NOT_IN_MEMORY}; fi
IFS= read -r new
kept=$(while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    $1) ;;
    *) printf '%s\\n' "$line" ;;
  esac
done <.env; echo .)
printf '%s%s\\n' "\${kept%.}" "$new" >.env
`;
