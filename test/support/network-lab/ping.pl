# perl ping.pl ADDRESS: one echo of ICMP. Exit code 0 when it was answered, 1 when not.
use strict;
use Socket;
my $to = inet_aton($ARGV[0]);
socket(my $socket, PF_INET, SOCK_RAW, 1) or die "socket: $!";
my $packet = pack('C2 n3', 8, 0, 0, $$ & 0xffff, 1);
my $sum = 0;
$sum += $_ for unpack('n*', $packet);
$sum = ($sum >> 16) + ($sum & 0xffff);
substr($packet, 2, 2) = pack('n', ~$sum & 0xffff);
send($socket, $packet, 0, sockaddr_in(0, $to)) or exit 1;
for (;;) {
  my $set = '';
  vec($set, fileno($socket), 1) = 1;
  select($set, undef, undef, 1) or exit 1;
  my $from = recv($socket, my $answer, 1500, 0);
  my $type = ord(substr($answer, 20, 1));
  my $id = unpack('n', substr($answer, 24, 2));
  exit 0 if $type == 0 && $id == ($$ & 0xffff) && (sockaddr_in($from))[1] eq $to;
}
