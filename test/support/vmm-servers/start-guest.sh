# The first process of what stands in for a guest, in namespaces of its own: mounts the guest's disk and starts its agent and
# its sshd.
# sh start-guest.sh DISK ROOT COMMAND_LINE TICK CARD
set -e
disk=$1 root=$2 words=$3 tick=$4 card=$5
stop() { kill $agent $sshd 2>/dev/null || true; exit 0; }
# the guest's own programs end it by a signal to init
trap stop TERM USR1 USR2 INT

mount -o loop,noatime "$disk" "$root"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/var/lib"
ticks=$root/var/lib/stand-in-tick
if [ "$tick" != 0 ] && [ "$(cat "$ticks" 2>/dev/null)" != "$tick" ]; then
  echo "Kernel panic - not syncing: the memory knows a disk at $tick, and this one is at $(cat "$ticks" 2>/dev/null)"
  exit 1
fi
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/1/fd/1 "$root/dev/console"
echo "$words" >"$root/run/cmdline"
mount --bind "$root/run/cmdline" "$root/proc/cmdline"

perl -e '
  my ($path) = @ARGV;
  open(my $old, "<", $path); my $count = $old ? int(<$old> || 0) : 0;
  for (;;) { open(my $new, "+>", "$path.new"); print $new ++$count; close $new; rename "$path.new", $path; select undef, undef, undef, 0.02 }
' "$ticks" &

# the clock is this host's: nothing in there may set it
guest() { PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin setpriv --bounding-set -sys_time chroot "$root" "$@"; }
# in the guest's words, for those who look at its console
guest /usr/lib/dewar/identity
if [ -n "$card" ]; then
  tries=0
  while ! grep -qs 1 "$root/sys/class/net/$card/carrier"; do
    tries=$((tries + 1))
    [ "$tries" -gt 500 ] && break
    sleep 0.01
  done
  # a card of a real machine has a device behind it
  carrier=$(cat "$root/sys/class/net/$card/carrier" || echo 0)
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/class/net"
  mkdir -p "$root/sys/class/net/lo" "$root/sys/class/net/$card/device"
  echo "$carrier" >"$root/sys/class/net/$card/carrier"
  case " $words " in *" ip="*) guest /usr/lib/dewar/network ;; *) ip link set lo up ;; esac
fi
guest /usr/sbin/sshd -D -e & sshd=$!
# it serves one connection at a time, and the next one after that
guest qemu-ga --method=unix-listen --path=/run/qemu-ga.sock --statedir=/run & agent=$!
echo 'dewar: ready'
while :; do wait $sshd || true; sleep 0.1; done
