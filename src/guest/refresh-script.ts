/**
 * Runs in a restored guest, as root, with what every Debian has. Its input is five lines: nanoseconds by which the clock is
 * behind, 64 random bytes in hex, a machine-id, a boot id, a hostname. Numbers of system calls and ioctls are x86-64 Linux's
 * (asm/unistd_64.h, linux/random.h).
 */
export const REFRESH_SCRIPT: string = String.raw`
use strict;
my ($behind, $seed, $machine_id, $boot_id, $hostname) = map { chomp; $_ } <STDIN>;
my ($MOUNT, $SETHOSTNAME, $CLOCK_SETTIME, $CLOCK_GETTIME) = (165, 170, 227, 228);
my ($RNDADDENTROPY, $RNDRESEEDCRNG, $CLOCK_REALTIME, $MS_BIND) = (0x40085203, 0x5207, 0, 4096);
sub put {
  my ($path, $text) = @_;
  open(my $file, ">", $path) or die "$path: $!\n";
  print({$file} $text) && close($file) or die "$path: $!\n";
}

my $now = pack("qq", 0, 0);
syscall($CLOCK_GETTIME, $CLOCK_REALTIME, $now) == 0 or die "clock_gettime: $!\n";
my ($seconds, $nanoseconds) = unpack("qq", $now);
my $then = $seconds * 1_000_000_000 + $nanoseconds + $behind;
my $time = pack("qq", int($then / 1_000_000_000), $then % 1_000_000_000);
syscall($CLOCK_SETTIME, $CLOCK_REALTIME, $time) == 0 or die "clock_settime: $!\n";

my $bytes = pack("H*", $seed);
open(my $random, "+<", "/dev/urandom") or die "/dev/urandom: $!\n";
ioctl($random, $RNDADDENTROPY, pack("ii a*", 8 * length($bytes), length($bytes), $bytes)) or die "RNDADDENTROPY: $!\n";
ioctl($random, $RNDRESEEDCRNG, 0) or die "RNDRESEEDCRNG: $!\n";

put("/etc/machine-id", "$machine_id\n");
put("/var/lib/dbus/machine-id", "$machine_id\n") if -f "/var/lib/dbus/machine-id" && !-l "/var/lib/dbus/machine-id";
mkdir("/run/dewar");
put("/run/dewar/boot_id", "$boot_id\n");
chmod(0444, "/run/dewar/boot_id");
my ($from, $to, $none) = ("/run/dewar/boot_id\0", "/proc/sys/kernel/random/boot_id\0", "\0");
syscall($MOUNT, $from, $to, $none, $MS_BIND, 0) == 0 or die "boot_id: $!\n";

put("/etc/hostname", "$hostname\n");
syscall($SETHOSTNAME, $hostname, length($hostname)) == 0 or die "sethostname: $!\n";
if (open(my $hosts, "<", "/etc/hosts")) {
  my @lines = grep { !/^127\.0\.1\.1\s/ } <$hosts>;
  put("/etc/hosts", join("", @lines, "127.0.1.1 $hostname\n"));
}
`;
