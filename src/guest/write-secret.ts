import { DewarError } from '../core/errors.ts';
import type { Guest } from '../config/workspace-config.ts';
import { guestCommandFailed } from './guest-command-failed.ts';

const DEADLINE_MS = 60_000;
/** The script's own exit code for a directory that is not in memory. */
const NOT_IN_MEMORY = 67;

/**
 * Puts a file into the guest's memory, whole or not at all, that only its user may read. The content goes by stdin.
 * @param path below the guest user's home, in a directory that is a tmpfs
 * @throws DewarError GUEST_NOT_IN_MEMORY, GUEST_COMMAND_FAILED; what the guest throws
 */
export async function writeSecret(guest: Guest, path: string, content: string | Uint8Array): Promise<void> {
  const bytes = Buffer.from(content);
  const command = ['sh', '-c', WRITE, 'write-secret', path, String(bytes.length)];
  const result = await guest.run(command, { input: bytes, deadlineMs: DEADLINE_MS });
  if (result.exitCode === 0) return;
  if (result.exitCode !== NOT_IN_MEMORY) throw guestCommandFailed(`writing ~/${path}`, result);
  throw new DewarError({
    code: 'GUEST_NOT_IN_MEMORY',
    message: `~/${path} was not written: in the guest, its directory is not in memory (tmpfs), and a secret must not reach a disk`,
    mend: 'the plugin mounts a tmpfs there: dewar down, then dewar up; and see that no mount of dewar.config.* lies over it',
  });
}

/** The number of bytes tells a whole file from one whose connection broke. */
const WRITE = `
set -eu
umask 077
cd
path=$1 size=$2
directory=$(dirname -- "$path")
mkdir -p -- "$directory"
if [ "$(stat -f -c %T -- "$directory")" != tmpfs ]; then exit ${NOT_IN_MEMORY}; fi
temporary=$(mktemp -- "$path.XXXXXX")
trap 'rm -f -- "$temporary"' EXIT
cat >"$temporary"
if [ "$(wc -c <"$temporary")" -ne "$size" ]; then echo "only a part of it came" >&2; exit 1; fi
mv -f -T -- "$temporary" "$path"
`;
