/**
 * Perl, with nothing but what Debian's perl-base has: serves the memory of guests that Firecracker brings back, from a file that it
 * only reads (userfaultfd(2), and Firecracker's handshake for it: a description of the regions as JSON, and the descriptor).
 * Its arguments: path of the socket, relative, and of the file. Numbers are those of x86-64 and arm64.
 */
export const FAULT_SCRIPT: string = String.raw`
use strict;
use Socket;
use Errno qw(EEXIST EAGAIN ENOENT ESRCH EINTR);
my ($path, $file) = @ARGV;
my $RECVMSG = -e '/lib64/ld-linux-x86-64.so.2' ? 47 : 212;
my ($COPY, $ZEROPAGE, $WAKE) = (0xc028aa03, 0xc020aa04, 0x8010aa02);
my ($PAGEFAULT, $REMOVE) = (0x12, 0x15);
# What a guest touches, it touches around.
my $AT_ONCE = 64 << 10;

open(my $memory, '<:raw', $file) or die "dewar: $file: $!\n";
my $server;
socket($server, AF_UNIX, SOCK_STREAM, 0) && bind($server, pack_sockaddr_un($path)) && listen($server, 1)
  or die "dewar: $path: $!\n";
while (accept(my $firecracker, $server)) {
  my ($json, $descriptor) = receive($firecracker);
  next unless defined $descriptor;
  open(my $faults, '+<&=', $descriptor) or die "dewar: userfaultfd: $!\n";
  serve($firecracker, $faults, regions_of($json));
}

sub receive {
  my ($from) = @_;
  my ($data, $control) = ('', '');
  vec($data, 65535, 8) = 0;
  vec($control, 63, 8) = 0;
  my $parts = pack('Q Q', address_of($data), length $data);
  my $message = pack('Q L x4 Q Q Q Q l x4', 0, 0, address_of($parts), 1, address_of($control), length $control, 0);
  my $count = syscall($RECVMSG, fileno $from, $message, 0);
  return if $count <= 0;
  my ($size, $level, $type, $descriptor) = unpack('Q l l l', $control);
  return unless $size == 20 && $level == 1 && $type == 1;
  return (substr($data, 0, $count), $descriptor);
}

# The description has no strings but its keys.
sub regions_of {
  my ($json) = @_;
  my @regions;
  while ($json =~ /\{([^{}]*)\}/g) {
    my $region = $1;
    my %is = $region =~ /"(\w+)":(\d+)/g;
    push @regions, { at => $is{base_host_virt_addr}, size => $is{size}, offset => $is{offset},
      page => $is{page_size} || $is{page_size_kib} || 4096 };
  }
  @regions or die "dewar: no regions in: $json\n";
  return \@regions;
}

sub serve {
  my ($firecracker, $faults, $regions) = @_;
  my @removed;
  while (1) {
    my $ready = '';
    vec($ready, fileno $firecracker, 1) = 1;
    vec($ready, fileno $faults, 1) = 1;
    if (select($ready, undef, undef, undef) < 0) {
      next if $! == EINTR;
      die "dewar: select: $!\n";
    }
    while (sysread($faults, my $event, 32)) {
      my ($kind) = unpack('C', $event);
      if ($kind == $REMOVE) { push @removed, [unpack('x8 Q Q', $event)] }
      elsif ($kind == $PAGEFAULT) { bring($faults, $regions, \@removed, unpack('x16 Q', $event)) or return }
    }
    # It says nothing more: it has ended.
    return if vec($ready, fileno $firecracker, 1) && !sysread($firecracker, my $rest, 1);
  }
}

# Brings the page of an address, and those around it. Gives false when there is nobody any more to bring it to.
sub bring {
  my ($faults, $regions, $removed, $address) = @_;
  my ($region) = grep { $address >= $_->{at} && $address < $_->{at} + $_->{size} } @$regions;
  die sprintf("dewar: nothing is at %x\n", $address) unless $region;
  my $page = $region->{page};
  my $at = $address - ($address - $region->{at}) % $page;
  return zero($faults, $at, $page) if grep { $at >= $_->[0] && $at < $_->[1] } @$removed;
  my $length = $page >= $AT_ONCE || @$removed ? $page : $AT_ONCE;
  my $start = $at - ($at - $region->{at}) % $length;
  my $end = $start + $length;
  $end = $region->{at} + $region->{size} if $end > $region->{at} + $region->{size};
  sysseek($memory, $region->{offset} + $start - $region->{at}, 0) or die "dewar: $file: $!\n";
  my $bytes;
  for (my $got = 0; $got < $end - $start;) {
    my $more = sysread($memory, $bytes, $end - $start - $got, $got);
    die "dewar: $file is too short, or broken\n" unless $more;
    $got += $more;
  }
  # Some may be there: then each is brought alone.
  return 1 if copy($faults, $start, $bytes) == 0;
  for (my $next = $start; $next < $end; $next += $page) {
    my $failure = copy($faults, $next, substr($bytes, $next - $start, $page));
    return 0 if $failure == ENOENT || $failure == ESRCH;
    die "dewar: memory: $!\n" if $failure != 0 && $failure != EEXIST && $failure != EAGAIN;
    # Where another brought it just now, whoever waits may have missed that.
    ioctl($faults, $WAKE, my $range = pack('Q Q', $next, $page)) if $failure == EEXIST && $next == $at;
    redo if $failure == EAGAIN;
  }
  return 1;
}

# Gives an error's number; 0: none.
sub copy {
  my ($faults, $to, $bytes) = @_;
  my $request = pack('Q Q Q Q q', $to, address_of($bytes), length $bytes, 0, 0);
  return ioctl($faults, $COPY, $request) ? 0 : $! + 0;
}

sub zero {
  my ($faults, $at, $page) = @_;
  my $request = pack('Q Q Q q', $at, $page, 0, 0);
  return 1 if ioctl($faults, $ZEROPAGE, $request);
  return 0 if $! == ENOENT || $! == ESRCH;
  die "dewar: memory: $!\n" unless $! == EEXIST || $! == EAGAIN;
  return 1;
}

# Of the bytes of a string that stays as it is.
sub address_of { return unpack('Q', pack('P', $_[0])) }
`;
