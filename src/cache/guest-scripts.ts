/**
 * Programs of sh that a guest's root runs. Of their arguments, `target` is where the cache is to be, `id` names its sentinel.
 * They need coreutils, find, tar and util-linux; perl-base, which Debian always has, swaps directories in one step.
 */

const SENTINELS = '/var/lib/dewar/caches';

/** Follows links: a user may have put the directory somewhere else. */
const PLACE = `set -u
export LC_ALL=C
id=$1 target=$(readlink -m -- "$2") || exit 1
parent=$(dirname -- "$target") name=$(basename -- "$target")
sentinel=${SENTINELS}/$id.json
`;

/** A tar whose sender has ended has some left to unpack, for a moment. */
const REMOVE = `
remove() {
  tries=20
  until rm -rf -- "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.3
  done
}
`;

/**
 * id, target. Removes what runs that were killed have left.
 * @returns fields, each ended by NUL: what is there (`none`, `directory`, `mount`, `other`), its file system, free KiB, free
 * inodes, the sentinel
 */
export const INSPECT: string = `${PLACE}${REMOVE}
remove "$parent/.$name.dewar-"* 2>/dev/null
if mountpoint -q -- "$target"; then kind=mount
elif [ -d "$target" ]; then kind=directory
elif [ -e "$target" ]; then kind=other
else kind=none; fi
there=$target
while [ ! -d "$there" ]; do there=$(dirname -- "$there"); done
set -- $(stat -f -c '%T %a %S %d' -- "$there")
printf '%s\\0%s\\0%s\\0%s\\0' "$kind" "$1" $(($2 * $3 / 1024)) "$4"
head -c 65536 -- "$sentinel" 2>/dev/null
printf '\\0'
`;

/** id, target. @returns for each entry type, size, time and path, each ended by NUL */
export const LIST: string = `${PLACE}
cd -- "$target" || exit 1
exec find . -mindepth 1 -printf '%y\\0%s\\0%T@\\0%P\\0'
`;

/** id, target, run, user. Its input is a tar archive, which it unpacks beside the target; the sentinel goes. */
export const UNPACK: string = `${PLACE}
run=$3 user=$4
case $target in
  /home/"$user"/*) as="runuser -u $user --" ;;
  *) as= ;;
esac
rm -f -- "$sentinel" || exit 1
$as mkdir -p -- "$parent" || exit 1
staging=$parent/.$name.dewar-$run
install -d -m 755 -o "$user" -g "$user" -- "$staging" || exit 1
exec tar --extract --file=- --directory="$staging" --numeric-owner --same-owner --preserve-permissions \\
  --delay-directory-restore --warning=no-timestamp
`;

/** id, target, run. Its input has paths that are not to be taken over, each ended by NUL. */
export const DROP: string = `${PLACE}
cd -- "$parent/.$name.dewar-$3" || exit 1
exec xargs -0 -r rm -rf --
`;

/** id, target, run. What was unpacked is not taken over. */
export const ABANDON: string = `${PLACE}${REMOVE}
remove "$parent/.$name.dewar-$3"
`;

/**
 * id, target, run, sentinel. What the guest has besides stays, by hard links; then the directories change places in one step, and
 * the sentinel is written when all is on the disk.
 */
export const COMMIT: string = `${PLACE}
staging=$parent/.$name.dewar-$3
[ -d "$staging" ] || exit 1
if [ -d "$target" ]; then
  # Where a tool is at work files come and go: what is not found is not needed.
  cp -aln -- "$target/." "$staging/" 2>/dev/null
fi
sync -f -- "$staging" || exit 1
if [ -e "$target" ]; then
  perl -e 'require POSIX; my $n = (POSIX::uname())[4] eq "aarch64" ? 276 : 316;
    exit(syscall($n, -100, $ARGV[0], -100, $ARGV[1], 2) == 0 ? 0 : 1)' "$staging" "$target" || exit 1
else
  mv -T -- "$staging" "$target" || exit 1
fi
mkdir -p -- ${SENTINELS} && printf '%s\\n' "$4" >"$sentinel.new" && sync -- "$sentinel.new" "$parent" &&
  mv -- "$sentinel.new" "$sentinel" && sync -- ${SENTINELS} || exit 1
rm -rf -- "$staging"
exit 0
`;
