/**
 * Perl, with nothing but what Debian's perl-base has. Its arguments are words: a key and its value, again and again, then
 * `exec` and the program. Numbers of system calls are those of x86-64.
 *
 * The mounts are made first; then a user namespace is entered in which they cannot be taken apart, also not by whoever
 * takes over the program.
 */
export const JAIL_SCRIPT: string = String.raw`
use strict;
use Socket;
my %number = (unshare => 272, mount => 165, umount2 => 166, pivot_root => 155, openat2 => 437, open_tree => 428,
  move_mount => 429, mount_setattr => 442, prctl => 157, prlimit64 => 302, setresuid => 117, setresgid => 119,
  setgroups => 116, capset => 126);
my ($NEWNS, $NEWUSER, $NEWPID, $NEWNET, $NEWIPC) = (0x20000, 0x10000000, 0x20000000, 0x40000000, 0x8000000);
my ($READ_ONLY, $NO_SUID, $NO_DEV) = (1, 2, 4);
my ($EMPTY, $HERE) = (0x1000, -100);
# Not even a link that came after the path was looked at is followed.
my ($NO_LINKS, $BENEATH) = (2 | 4, 2 | 4 | 8);

my %is = (source => '', at => '', run => 0, listen => '', patience => 60, readonly => 0, files => 0, capable => 0);
my (@hidden, @fixed, @maps, @peer, @brought);
while (defined(my $key = shift @ARGV)) {
  last if $key eq 'exec';
  my $value = shift @ARGV;
  if ($key eq 'hide') { push @hidden, $value }
  elsif ($key eq 'fix') { push @fixed, $value }
  elsif ($key eq 'map') { push @maps, $value }
  elsif ($key eq 'peer') { push @peer, $value }
  elsif ($key eq 'bring') { push @brought, $value }
  else { $is{$key} = $value }
}
my @program = @ARGV;
my $own_root = @brought > 0;

limit_files($is{files} + 0);
my ($uid, $gid) = ($>, $) + 0);
my $plain = $uid != 0;
# A plain user may make mounts only where he is root, and may bring nobody there but himself.
if ($plain) {
  my $self = (split ' ', $maps[0])[0];
  need('a user namespace', 'unshare', $NEWUSER);
  put('/proc/self/setgroups', 'deny');
  put('/proc/self/gid_map', "$self $gid 1\n");
  put('/proc/self/uid_map', "$self $uid 1\n");
  @maps = ("$self $self 1");
}
my $mapper = fork_mapper();
my $peer = @peer ? fork_peer() : 0;
need('a mount namespace', 'unshare', $NEWNS);
need('private mounts', 'mount', 'none', '/', 0, 0x4000 | 0x40000, 0);
my $listener = $is{listen} eq '' ? undef : bind_socket("$is{listen}.new");
mkdir $is{at}, 0700;
my $share = $is{at};
if ($own_root) { $share = make_root($is{at}) . '/share'; mkdir $share, 0700 }
share($is{source}, $share);
enter_root($is{at}) if $own_root;

need('a user namespace', 'unshare', $NEWUSER | $NEWNS | ($own_root ? $NEWPID | $NEWNET | $NEWIPC : 0));
$mapper->();
become($is{run});
keep_capabilities() if $is{capable};
refuse_set_id();
if (defined $listener) {
  rename("$is{listen}.new", $is{listen}) or die "$is{listen}: $!\n";
  my $ready = '';
  vec($ready, fileno($listener), 1) = 1;
  # Whoever started this may be dead.
  exit 0 if 1 > select($ready, undef, undef, $is{patience});
  fcntl($listener, 2, 0);
  my $descriptor = fileno $listener;
  s/^--fd=FD$/--fd=$descriptor/ for @program;
}
if ($own_root) { serve() } else { start() }

# What this user has in its environment is no business of the program's.
sub start {
  %ENV = map { $_ => $ENV{$_} } grep { /^(PATH|LD_LIBRARY_PATH|DEWAR_SHARE\w*)$/ } keys %ENV;
  exec { $program[0] } @program;
  die "$program[0]: $!\n";
}

sub need {
  my ($what, $name, @words) = @_;
  my $result = syscall($number{$name}, @words);
  die "$what: $!\n" if $result == -1;
  return $result;
}

sub put {
  my ($path, $text) = @_;
  open(my $file, '>', $path) or die "$path: $!\n";
  (syswrite($file, $text) // -1) == length $text or die "$path: $!\n";
  close $file or die "$path: $!\n";
}

# As many as wished, or as many as may be had.
sub limit_files {
  my ($wished) = @_;
  return if $wished == 0;
  my $limits = pack 'QQ', $wished, $wished;
  return if syscall($number{prlimit64}, 0, 7, $limits, 0) == 0;
  my $have = "\0" x 16;
  # (not by need, which would have the kernel write to a copy)
  syscall($number{prlimit64}, 0, 7, 0, $have) == 0 or die "the limit of open files: $!\n";
  my (undef, $hard) = unpack 'QQ', $have;
  my $soft = $hard < $wished ? $hard : $wished;
  $limits = pack 'QQ', $soft, $hard;
  need('the limit of open files', 'prlimit64', 0, 7, $limits, 0);
}

# The maps of a user namespace are written by one who stays outside.
sub fork_mapper {
  pipe(my $wait, my $go) or die "pipe: $!\n";
  my $parent = $$;
  my $child = fork // die "fork: $!\n";
  if ($child == 0) {
    close $go;
    exit 1 if 1 != sysread $wait, my $byte, 1;
    put("/proc/$parent/gid_map", join '', map { "$_\n" } @maps);
    put("/proc/$parent/uid_map", join '', map { "$_\n" } @maps);
    exit 0;
  }
  close $wait;
  return sub {
    syswrite $go, 'x';
    close $go;
    waitpid $child, 0;
    die "the ids of the user namespace could not be set\n" if $? != 0;
  };
}

sub fork_peer {
  socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, 0) or die "socketpair: $!\n";
  my $child = fork // die "fork: $!\n";
  my $end = $child == 0 ? $theirs : $ours;
  open(STDIN, '<&', $end) or die "stdin: $!\n";
  open(STDOUT, '>&', $end) or die "stdout: $!\n";
  close $ours;
  close $theirs;
  if ($child == 0) {
    # It may say what a guest wants: no file of it becomes larger.
    my $limits = pack 'QQ', 1 << 20, 1 << 20;
    need('the limit of a file', 'prlimit64', 0, 1, $limits, 0);
    exec { $peer[0] } @peer;
    die "$peer[0]: $!\n";
  }
  return $child;
}

# The first process of its own namespace has its parent outside, which ends it with its peer, as soon as either ends.
sub serve {
  my $server = fork // die "fork: $!\n";
  if ($server == 0) {
    need('to end together', 'prctl', 1, 9, 0, 0, 0);
    start();
  }
  close STDIN;
  close STDOUT;
  my @children = grep { $_ } $server, $peer;
  # Where nobody takes in orphans they would stay.
  $SIG{TERM} = sub { kill 9, @children; 1 while wait > 0; exit 143 };
  my $first = wait;
  my $status = $?;
  kill 9, grep { $_ != $first } @children;
  wait;
  exit($status >> 8 || ($status & 127 ? 128 + ($status & 127) : 0));
}

sub bind_socket {
  my ($path) = @_;
  unlink $path;
  umask 077;
  socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
  bind($socket, pack_sockaddr_un($path)) or die "$path: $!\n";
  listen($socket, 1) or die "$path: $!\n";
  return $socket;
}

sub open_path {
  my ($at, $path, $rules) = @_;
  my $how = pack 'QQQ', 010000000 | 02000000, 0, $rules;
  my $name = "$path";
  return need($path, 'openat2', $at, $name, $how, 24);
}

sub clone {
  my ($at, $attributes) = @_;
  my $tree = need('a mount', 'open_tree', $at, '', $EMPTY | 1 | 02000000);
  my $set = pack 'QQQQ', $attributes, 0, 0, 0;
  need('a mount', 'mount_setattr', $tree, '', $EMPTY, $set, 32);
  return $tree;
}

# Attaches over what a descriptor stands for.
sub attach {
  my ($tree, $over) = @_;
  need('a mount', 'move_mount', $tree, '', $over, '', 4 | 0x40);
}

sub share {
  my ($source, $target) = @_;
  my $flags = $NO_SUID | $NO_DEV | ($is{readonly} ? $READ_ONLY : 0);
  my $tree = clone(open_path($HERE, $source, $NO_LINKS), $flags);
  -d "/proc/self/fd/$tree/." or die "$source: it is no directory\n";
  attach($tree, open_path($HERE, $target, 0));
  for my $path (@hidden) {
    pin($tree, $path, $flags);
    my $covered = open_path($tree, $path, $BENEATH);
    need("$path cannot be hidden", 'mount', 'hidden', "/proc/self/fd/$covered", 'tmpfs', 1 | 2 | 4 | 8,
      'mode=555,size=4k,nr_inodes=1');
  }
  for my $path (@fixed) {
    pin($tree, $path, $flags);
    my $fixed = open_path($tree, $path, $BENEATH);
    attach(clone($fixed, $flags | $READ_ONLY), $fixed);
  }
}

# What a mount stands on cannot be renamed; the directories above it are made such, lest it is moved away with one of them.
sub pin {
  my ($tree, $path, $flags) = @_;
  my @names = split m{/}, $path;
  for my $count (1 .. $#names) {
    my $directory = open_path($tree, join('/', @names[0 .. $count - 1]), $BENEATH);
    attach(clone($directory, $flags), $directory);
  }
}

# A root with some programs and the libraries that they need, read-only, and no other file of this host.
sub make_root {
  my ($root) = @_;
  need('a root', 'mount', 'root', $root, 'tmpfs', 2 | 4, 'mode=755,size=1m');
  my %files = map { $_ => 1 } @brought, '/dev/null';
  for my $program (@brought) {
    open(my $list, '-|', 'ldd', $program) or die "ldd: $!\n";
    while (<$list>) { $files{$1} = 1 if m{(?:^|=>)\s*(/.*?) \(0x} }
  }
  my %libraries = map { m{(.*)/}s; ($1 => 1) } keys %files;
  $ENV{LD_LIBRARY_PATH} = join ':', keys %libraries;
  bring($root, $_) for keys %files;
  make_directories("$root/etc/");
  put("$root/etc/passwd", "user:x:$is{run}:$is{run}::/share:/bin/false\n");
  put("$root/etc/group", "user:x:$is{run}:\n");
  return $root;
}

sub bring {
  my ($root, $path) = @_;
  make_directories("$root$path");
  put("$root$path", '');
  my $device = $path eq '/dev/null';
  my $file = clone(open_path($HERE, $path, 0), $NO_SUID | ($device ? 0 : $READ_ONLY | $NO_DEV));
  attach($file, open_path($HERE, "$root$path", $NO_LINKS));
}

# All that a path lies in.
sub make_directories {
  my ($path) = @_;
  while ($path =~ m{/}g) { mkdir substr($path, 0, pos $path), 0755 }
}

sub enter_root {
  my ($root) = @_;
  chdir $root or die "$root: $!\n";
  need('a root', 'pivot_root', '.', '.');
  need('a root', 'umount2', '.', 2);
  my $set = pack 'QQQQ', $READ_ONLY, 0, 0, 0;
  need('a root', 'mount_setattr', $HERE, '/', 0, $set, 32);
  chdir '/share' or die "/share: $!\n";
}

sub become {
  my ($id) = @_;
  my $self = $id + 0;
  need('groups', 'setgroups', 0, 0) if !$plain;
  need('a group', 'setresgid', $self, $self, $self);
  need('a user', 'setresuid', $self, $self, $self);
}

# Also in the program, which does not run as root. They count in the user namespace alone.
sub keep_capabilities {
  # chown, dac_override, fowner, setgid, setuid, setpcap, sys_chroot, sys_admin
  my @wanted = (0, 1, 3, 6, 7, 8, 18, 21);
  my $set = 0;
  $set |= 1 << $_ for @wanted;
  my ($header, $data) = (pack('LL', 0x20080522, 0), pack('L6', $set, $set, $set, 0, 0, 0));
  need('capabilities', 'capset', $header, $data);
  need('a capability', 'prctl', 47, 2, $_, 0, 0) for @wanted;
}

# A file that runs as its owner would run as this user, whoever starts it: no mode with these bits is ever set.
sub refuse_set_id {
  my ($load, $equal, $bits, $return) = (0x20, 0x15, 0x45, 0x06);
  my ($allow, $refuse, $absent, $kill) = (0x7fff0000, 0x50001, 0x50026, 0x80000000);
  my $argument = sub { 16 + 8 * $_[0] };
  my @code = ([$load, 0, 0, 4], [$equal, 1, 0, 0xc000003e], [$return, 0, 0, $kill], [$load, 0, 0, 0]);
  # chmod, fchmod, fchmodat, fchmodat2, mknod, mknodat, creat
  for (([90, 1], [91, 1], [268, 2], [452, 2], [133, 1], [259, 2], [85, 1])) {
    my ($call, $mode) = @$_;
    push @code, [$equal, 0, 4, $call], [$load, 0, 0, $argument->($mode)], [$bits, 0, 1, 06000],
      [$return, 0, 0, $refuse], [$return, 0, 0, $allow];
  }
  # open, openat: a mode is there when a file may be made
  for (([2, 1], [257, 2])) {
    my ($call, $flags) = @$_;
    push @code, [$equal, 0, 6, $call], [$load, 0, 0, $argument->($flags)], [$bits, 0, 3, 020000100],
      [$load, 0, 0, $argument->($flags + 1)], [$bits, 0, 1, 06000], [$return, 0, 0, $refuse], [$return, 0, 0, $allow];
  }
  # openat2 has its mode in memory
  push @code, [$equal, 0, 1, 437], [$return, 0, 0, $absent], [$return, 0, 0, $allow];
  my $filter = join '', map { pack 'SCCL', @$_ } @code;
  my $program = pack 'S x6 P', scalar(@code), $filter;
  need('no new privileges', 'prctl', 38, 1, 0, 0, 0);
  need('a filter of system calls', 'prctl', 22, 2, $program, 0, 0);
}
`;
