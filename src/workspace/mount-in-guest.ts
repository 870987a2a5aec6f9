import { DewarError } from '../core/errors.ts';
import type { Transport } from '../platform/ssh.ts';

export interface GuestMount {
  /** Of the share; a tmpfs when absent. */
  tag?: string;
  /** Absolute, in the guest. */
  target: string;
  readonly: boolean;
}

/**
 * Runs as root in the guest. Directories below a home are made by the home's user, who may have put links there: whoever
 * makes them then has no more rights than he has.
 */
const MOUNT = `set -e
tag=$1 target=$2 options=$3
case $target in
  /home/dewar/*) as='runuser -u dewar --' ;;
  *) as= ;;
esac
# A link would have the mount somewhere else.
if [ -L "$target" ]; then $as rm -- "$target"; fi
$as mkdir -p -- "$target"
if [ -n "$tag" ]; then
  # The guest finds a device a moment after it was plugged in.
  tries=0
  until said=$(mount -t virtiofs -o "$options" -- "$tag" "$target" 2>&1); do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "$said" >&2; exit 1; }
    sleep 0.1
  done
else
  mount -t tmpfs -o "$options,mode=700,uid=1000,gid=1000" -- tmpfs "$target"
fi`;
const DEADLINE_MS = 60_000;

/** @throws DewarError MOUNT_FAILED, SSH_FAILED, INTERRUPTED */
export async function mountInGuest(
  ssh: Transport,
  { tag = '', target, readonly }: GuestMount,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = ['nosuid', 'nodev', ...(readonly ? ['ro'] : [])].join(',');
  const done = await ssh.run(['/bin/sh', '-c', MOUNT, 'sh', tag, target, options], {
    deadlineMs: DEADLINE_MS,
    signal,
  });
  if (done.exitCode === 0) return;
  throw new DewarError({
    code: 'MOUNT_FAILED',
    message: `the guest could not mount at ${target}: ${done.stderr.trim().slice(-500)}`,
    mend: 'choose another target, or look what is there: dewar shell',
  });
}
