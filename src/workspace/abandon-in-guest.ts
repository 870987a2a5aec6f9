import { DewarError } from '../core/errors.ts';
import type { Transport } from '../platform/ssh.ts';

const DEADLINE_MS = 30_000;

/**
 * Runs as root in the guest. Nothing in it asks the file system itself, which never answers. The kernel, in its turn, asks it
 * when the last user of the mount has gone, and so never comes back to a program that unmounts it.
 */
const ABANDON = String.raw`
my $tag = shift;
sub places {
  open my $mounts, "<", "/proc/self/mountinfo" or die "mountinfo: $!\n";
  my @found;
  while (<$mounts>) {
    my ($mine, $theirs) = split / - /;
    next unless $theirs =~ /^virtiofs \Q$tag\E /;
    my $at = (split / /, $mine)[4];
    $at =~ s/\\([0-7]{3})/chr oct $1/ge;
    push @found, $at;
  }
  return @found;
}
my %begun;
for (1 .. 100) {
  my @left = places() or exit 0;
  for my $at (grep { !$begun{$_}++ } @left) {
    defined(my $child = fork) or die "fork: $!\n";
    next if $child;
    setpgrp;
    open STDIN, "<", "/dev/null";
    open STDOUT, ">", "/dev/null";
    open STDERR, ">", "/dev/null";
    exec "umount", "--no-canonicalize", "--lazy", "--", $at;
    exit 1;
  }
  select undef, undef, undef, 0.1;
}
print STDERR "it stays\n";
exit 1;
`;

/**
 * Takes away the mounts of a share that nobody serves any more. Programs that wait for it wait on.
 * @param tag of the share
 * @throws DewarError UNMOUNT_FAILED, SSH_FAILED, DEADLINE, INTERRUPTED
 */
export async function abandonInGuest(
  ssh: Transport,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const done = await ssh.run(['perl', '-e', ABANDON, tag], { deadlineMs: DEADLINE_MS, signal });
  if (done.exitCode === 0) return;
  throw new DewarError({
    code: 'UNMOUNT_FAILED',
    message: `the guest could not take away the mount of ${tag}, which nobody serves any more: ${done.stderr.trim().slice(-500)}`,
    mend: 'end the machine: dewar down',
  });
}
