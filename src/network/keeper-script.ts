/**
 * What is done as root for one machine's network, in POSIX sh with iproute2, nftables, dnsmasq, util-linux and awk. Parameters
 * are variables that come before it (`planPrivileged`).
 *
 * `keep` makes the network, waits until the end of its input, which is when the machine has ended, and removes the
 * network. It is no part of what filters: if it is killed, the rules stay, and whoever comes next removes all.
 */
export const KEEPER_SCRIPT: string = String.raw`
set -u
umask 022
directory=$root/$slot
export DEWAR_NETWORK=$directory

# What changes more than this machine's own is done by one at a time.
lock() { exec 9>"$root/lock" && flock 9; }
unlock() { exec 9>&-; }

# Of this network, and of no other: by a variable that they were started with.
end_processes() {
  cd /proc || return
  for round in 1 2; do
    for process in [0-9]*; do
      [ "$process" = $$ ] && continue
      grep -qzxF "DEWAR_NETWORK=$directory" "$process/environ" 2>/dev/null && kill -KILL "$process" 2>/dev/null
    done
  done
}

# A chain of somebody else's, such as Docker's, whose policy is to drop, asks nobody else: it is told of this TAP. Who comes
# and goes there is decided by this machine's own table.
open_others() {
  nft list chains 2>/dev/null | awk -v name="$name" '
    $1 == "table" { family = $2; table = $3 }
    $1 == "chain" { chain = $2 }
    $1 == "type" && table !~ /^dewar/ && / policy drop;/ && $2 == "filter" && (family == "ip" || family == "inet") {
      if ($4 == "forward" || $4 == "input")
        printf "insert rule %s %s %s iifname \"%s\" accept comment \"%s\"\n", family, table, chain, name, name
      if ($4 == "forward" || $4 == "output")
        printf "insert rule %s %s %s oifname \"%s\" accept comment \"%s\"\n", family, table, chain, name, name
    }' | nft -f -
}

close_others() {
  nft -a list ruleset 2>/dev/null | awk -v name="$name" '
    $1 == "table" { family = $2; table = $3 }
    $1 == "chain" { chain = $2 }
    table !~ /^dewar/ && index($0, "comment \"" name "\"") && $(NF-1) == "handle" {
      printf "delete rule %s %s %s handle %s\n", family, table, chain, $NF
    }' | nft -f -
}

# Only devices that lead out forward what comes back. Nobody else may use that to go through this host.
forward() {
  for device in $uplinks; do
    setting=/proc/sys/net/ipv4/conf/$device/forwarding
    [ -e "$root/forwarding/$device" ] || [ "$(cat "$setting")" = 0 ] || continue
    nft -f - <<END || return
table inet dewar {
  set uplinks { type ifname; }
  chain forward { type filter hook forward priority filter - 6; policy accept; }
}
flush chain inet dewar forward
add rule inet dewar forward ct status dnat accept
add rule inet dewar forward iifname @uplinks oifname != "dewar-*" ct state new drop
add element inet dewar uplinks { "$device" }
END
    mkdir -p "$root/forwarding" && : >"$root/forwarding/$device" && echo 1 >"$setting" || return
  done
  echo 1 >"/proc/sys/net/ipv4/conf/$name/forwarding"
}

# The last one puts it back, unless somebody else needs it by now.
stop_forwarding() {
  for other in "$root"/[0-9][0-9]; do
    [ "$other" = "$directory" ] || [ ! -d "$other" ] || return 0
  done
  [ -d "$root/forwarding" ] || return
  if [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]; then
    for device in $(ls "$root/forwarding"); do
      echo 0 2>/dev/null >"/proc/sys/net/ipv4/conf/$device/forwarding"
    done
  fi
  nft delete table inet dewar 2>/dev/null
  rm -rf "$root/forwarding"
}

is_kept() { ! flock -n "$directory/keeper" true 2>/dev/null; }
is_used() { ip -o link show dev "$name" 2>/dev/null | grep -q '[<,]LOWER_UP[,>]'; }

# Under the lock.
remove() {
  [ -d "$directory" ] || return 0
  : >"$directory/ending"
  end_processes
  ip link delete dev "$name" 2>/dev/null
  nft delete table inet "$name" 2>/dev/null
  close_others
  stop_forwarding
  rm -rf "$directory"
}

# Free, or taken, or left by somebody who was killed.
claim() {
  mkdir -p "$root" && lock || exit 1
  if [ -d "$directory" ]; then
    if is_kept || is_used; then exit 75; fi
    remove
  fi
  # Of somebody else, who is no dewar.
  if ip link show dev "$name" >/dev/null 2>&1; then exit 75; fi
  mkdir "$directory" && exec 8>"$directory/keeper" && flock -n 8 || exit 1
  trap 'lock; remove; unlock' EXIT
  trap 'exit 143' TERM INT HUP
  unlock
}

make_tap() {
  ip tuntap add dev "$name" mode tap user "$owner" || return
  echo 1 >"/proc/sys/net/ipv6/conf/$name/disable_ipv6" 2>/dev/null
  # It answers for its own address only, and takes none but the guest's.
  echo 1 >"/proc/sys/net/ipv4/conf/$name/arp_ignore" || return
  echo 1 >"/proc/sys/net/ipv4/conf/$name/rp_filter" || return
  echo 0 >"/proc/sys/net/ipv4/conf/$name/accept_redirects" || return
  echo 0 >"/proc/sys/net/ipv4/conf/$name/send_redirects" || return
  nft -f "$directory/rules" || return
  ip address add "$host/30" dev "$name" || return
  ip link set dev "$name" up
}

# Whom the resolver asks for which names: servers of this host, as they are now.
make_names() {
  awk -v mode="$mode" -v domains="$directory/domains" '
    $1 == "nameserver" && $2 ~ /^[0-9a-fA-F.:]+(%[A-Za-z0-9_.-]+)?$/ { servers[++count] = $2 }
    END {
      if (mode == "open") for (i = 1; i <= count; i++) print "server=" servers[i]
      else while ((getline domain <domains) > 0)
        for (i = 1; i <= count; i++) print "server=/" domain "/" servers[i]
    }' "$resolv" >"$directory/names.new" && mv "$directory/names.new" "$directory/names"
}

# Two files of at most so many bytes: a guest may ask as much as it likes.
write_log() {
  case $(awk -W version 2>&1 </dev/null) in
    mawk*) line_by_line='-W interactive' ;;
    *) line_by_line= ;;
  esac
  awk $line_by_line -v log_file="$directory/log" -v most=4194304 '
    { print >log_file; fflush(log_file); size += length($0) + 1 }
    size > most { close(log_file); system("cp -p " log_file " " log_file ".old"); size = 0 }'
}

serve() {
  while [ -d "$directory" ] && [ ! -e "$directory/ending" ]; do
    dnsmasq --keep-in-foreground --conf-file="$directory/config" 2>&1
    sleep 1
  done
}

# Somebody may flush all rules, as a reload of nftables does: the machine is cut off until its own are there again.
heal() {
  lock
  if [ -d "$directory" ] && [ ! -e "$directory/ending" ] && ! nft list chain inet "$name" from-guest >/dev/null 2>&1; then
    ip link set dev "$name" down
    nft -f "$directory/rules" && forward && open_others && ip link set dev "$name" up
  fi
  unlock
}

watch_rules() {
  while [ -d "$directory" ] && [ ! -e "$directory/ending" ]; do
    nft monitor destroy tables 2>/dev/null | while read -r line; do
      case $line in "delete table inet $name"*) heal ;; esac
    done
    sleep 1
  done
}

# What was not heard is seen a little later.
look_after() {
  while sleep 5 && [ -d "$directory" ] && [ ! -e "$directory/ending" ]; do
    heal
    [ "$resolv" -nt "$directory/names" ] && make_names && kill -HUP "$(cat "$directory/dnsmasq.pid")"
  done
}

keep() {
  claim
  exec 3<&0 </dev/null
  for file in rules config domains policy; do
    cp -- "$from/$file" "$directory/$file" || exit 1
  done
  for file in log log.old; do
    : >"$directory/$file" && chmod 600 "$directory/$file" && chown "$owner" "$directory/$file" || exit 1
  done
  make_tap || exit 1
  lock
  forward && open_others || exit 1
  unlock
  make_names || exit 1
  mkfifo -m 600 "$directory/said" || exit 1
  write_log <"$directory/said" 8>&- 3<&- &
  serve >"$directory/said" 8>&- 3<&- &
  watch_rules 8>&- 3<&- &
  look_after 8>&- 3<&- &
  for try in $(seq 200); do
    [ -s "$directory/dnsmasq.pid" ] && break
    sleep 0.05
  done
  if [ ! -s "$directory/dnsmasq.pid" ]; then
    cat "$directory/log" >&2
    exit 1
  fi
  : >"$directory/ready"
  cat <&3 >/dev/null 8>&- &
  wait $!
}

allow() {
  lock
  for file in domains policy; do
    cp -- "$from/$file" "$directory/$file.new" && mv "$directory/$file.new" "$directory/$file" || exit 1
  done
  make_names && kill -HUP "$(cat "$directory/dnsmasq.pid")"
}

show() { nft -j list table inet "$name"; }
sweep() { lock && if [ -d "$directory" ] && ! is_kept && ! is_used; then remove; fi; }
end() { lock && remove; }
`;
