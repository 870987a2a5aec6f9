import { DewarError } from '../core/errors.ts';
import type { Transport } from '../platform/ssh.ts';

export interface UnmountOptions {
  /** Whoever uses it keeps what he has open, or finds it broken. */
  force: boolean;
  signal: AbortSignal | undefined;
}

const BUSY = 91;
const DEADLINE_MS = 30_000;
/** A guest may say more than anybody wants to read. */
const LONGEST = 500;

/** Runs as root in the guest. What is not mounted is as good as unmounted. */
const UNMOUNT = String.raw`target=$1 how=$2
mountpoint -q -- "$target" || exit 0
said=$(umount $how -- "$target" 2>&1) && exit 0
case $said in
  *busy*) ;;
  *) echo "$said" >&2; exit 1 ;;
esac
perl -e '
  my $target = shift;
  my $in = sub { my $path = shift // return 0; $path eq $target || index($path, "$target/") == 0 };
  for my $process (glob "/proc/[0-9]*") {
    next unless grep { $in->(readlink $_) } "$process/cwd", "$process/root", "$process/exe", glob "$process/fd/*";
    open my $file, "<", "$process/comm" or next;
    chomp(my $name = <$file> // "");
    push @users, $name . " (" . substr($process, 6) . ")";
  }
  open my $mounts, "<", "/proc/self/mountinfo";
  while (<$mounts>) {
    my $at = (split / /)[4];
    $at =~ s/\\([0-7]{3})/chr oct $1/ge;
    push @users, "the mount at $at" if $at ne $target && $in->($at);
  }
  print join ", ", @users;
' "$target"
exit ${BUSY}`;

/**
 * Unmounts a directory in the guest.
 * @param target absolute, in the guest
 * @throws DewarError MOUNT_BUSY, UNMOUNT_FAILED, SSH_FAILED, INTERRUPTED
 */
export async function unmountInGuest(
  ssh: Transport,
  target: string,
  { force, signal }: UnmountOptions,
): Promise<void> {
  const done = await ssh.run(['/bin/sh', '-c', UNMOUNT, 'sh', target, force ? '-l' : ''], {
    deadlineMs: DEADLINE_MS,
    signal,
  });
  if (done.exitCode === 0) return;
  if (done.exitCode === BUSY)
    throw new DewarError({
      code: 'MOUNT_BUSY',
      message: `${target} is in use in the guest by ${printable(done.stdout.toString('utf8')) || 'somebody'}`,
      mend: 'end what uses it, or: dewar unmount --force',
    });
  throw new DewarError({
    code: 'UNMOUNT_FAILED',
    message: `the guest could not unmount ${target}: ${printable(done.stderr)}`,
    mend: 'look what is there: dewar shell',
  });
}

function printable(said: string): string {
  return said
    .trim()
    .slice(0, LONGEST)
    .replaceAll(/[^\x20-\x7E]/g, '?');
}
