# Stands in for QEMU: carries frames between a TAP of this namespace and one of another namespace, which is the guest's card.
# perl cable.pl TAP NAMESPACE CARD
use strict;
my ($tap, $namespace, $card) = @ARGV;
my $here = open_tap($tap);
open(my $other, '<', $namespace) or die "$namespace: $!";
syscall(308, fileno($other), 0x40000000) == 0 or die "setns: $!";
my $there = open_tap($card);
$| = 1;
print "ready\n";
for (;;) {
  my $set = '';
  vec($set, fileno($_), 1) = 1 for $here, $there;
  select(my $readable = $set, undef, undef, undef) < 0 and next;
  for ([$here, $there], [$there, $here]) {
    my ($from, $to) = @$_;
    next unless vec($readable, fileno($from), 1);
    sysread($from, my $frame, 65536) or next;
    syswrite($to, $frame);
  }
}

sub open_tap {
  my ($name) = @_;
  open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!";
  # TUNSETIFF with IFF_TAP | IFF_NO_PI
  ioctl($tun, 0x400454ca, pack('a16S', $name, 0x1002)) or die "$name: $!";
  return $tun;
}
