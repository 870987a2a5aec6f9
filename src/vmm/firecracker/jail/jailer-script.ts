/**
 * Perl, with nothing but what Debian's perl-base has; run by root in a mount namespace of its own. Its arguments are words: a
 * key and its value, again and again, then `exec` and the jailer.
 *
 * The jailer closes what it was given to hold: a child holds that, and ends after the program, which is this very process.
 */
export const JAILER_SCRIPT: string = String.raw`
use strict;
use Fcntl qw(O_WRONLY O_CREAT O_EXCL);
my ($root, $user, $tap, $plugged, @brought) = ('', 0, '', '');
while (defined(my $key = shift @ARGV)) {
  last if $key eq 'exec';
  my $value = shift @ARGV;
  if ($key eq 'root') { $root = $value }
  elsif ($key eq 'user') { $user = $value + 0 }
  elsif ($key eq 'tap') { $tap = $value }
  elsif ($key eq 'plugged') { $plugged = $value }
  else { push @brought, [$key, split /\n/, $value, 2] }
}

# Where the cache lies on a file system without devices or programs, the jail has both.
run('mount', '--bind', '--', $root, $root);
run('mount', '-o', 'remount,bind,nosuid,dev,exec', '--', $root);
for (@brought) {
  my ($access, $name, $path) = @$_;
  my $place = "$root/$name";
  make_parents($place);
  sysopen(my $file, $place, O_WRONLY | O_CREAT | O_EXCL, 0600) or die "dewar: $place: $!\n";
  run('mount', '--bind', '--', $path, $place);
  run('mount', '-o', 'remount,bind,ro,nosuid,nodev,noexec', '--', $place) if $access eq 'read';
}
if ($plugged ne '') {
  mkdir "$root/$plugged", 0700 or die "dewar: $plugged: $!\n";
  run('mount', '-t', 'tmpfs', '-o', 'mode=0711,size=64m,nosuid,nodev,noexec', 'plugged', "$root/$plugged");
}

# Whoever may use the TAP without rights: TUNSETIFF (a TAP, no packet information), TUNSETOWNER.
open(my $tun, '+<', '/dev/net/tun') or die "dewar: /dev/net/tun: $!\n";
my $request = pack('a16 S x22', $tap, 0x0002 | 0x1000);
ioctl($tun, 0x400454ca, $request) or die "dewar: TAP $tap: $!\n";
ioctl($tun, 0x400454cc, $user) or die "dewar: TAP $tap: $!\n";
close $tun;

my $parent = $$;
my $child = fork() // die "dewar: fork: $!\n";
if ($child == 0) {
  $0 = 'dewar: holds what a jailed machine holds';
  # Its parent, which has become another user, may not send it a signal at its end.
  select(undef, undef, undef, 0.1) while getppid() == $parent;
  exit 0;
}
exec { $ARGV[0] } @ARGV or die "dewar: $ARGV[0]: $!\n";

sub make_parents {
  my ($path) = @_;
  my $at = $root;
  my @parts = split m{/+}, substr($path, length $root);
  pop @parts;
  for (grep { $_ ne '' } @parts) {
    $at .= "/$_";
    -d $at or mkdir $at, 0755 or die "dewar: $at: $!\n";
  }
}

sub run {
  system(@_) == 0 or die "dewar: @_ has failed\n";
}
`;
