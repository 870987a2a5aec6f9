/** Files of this machine that the wrapper lays over the tree's: each needs something there to be laid over. */
export const MOUNT_POINTS = ['passwd', 'group', 'hosts', 'resolv.conf', 'bazel.bazelrc'];

/**
 * The program by which a Bazel in a Debian tree is called: `<dir>/bin/bazel`, with the tree in `<dir>/root`.
 *
 * Bazel sees this machine's files at their usual paths; only /usr and /etc come from the tree. So each path that Bazel
 * prints or is given means the same on both sides. It is exec all the way: Bazel has the process id of the wrapper, so
 * signals reach it, and its server outlives it as usual.
 */
export const BAZEL_WRAPPER = `#!/bin/sh
tree=$(dirname "$(dirname "$(readlink -f "$0")")")/root
[ "$(id -u)" = 0 ] && user= || user='--user --map-current-user --keep-caps'
exec unshare $user --mount --propagation private /bin/sh -c '
  tree=$1; shift
  for file in ${MOUNT_POINTS.join(' ')}; do
    [ ! -e /etc/$file ] || mount --bind /etc/$file "$tree/etc/$file" || exit 37
  done
  mount --rbind /usr/local "$tree/usr/local" && mount --rbind "$tree/etc" /etc && mount --rbind "$tree/usr" /usr || exit 37
  cd "$PWD" || exit 37
  unset JAVA_HOME JDK_HOME
  PATH=/usr/bin:/usr/sbin:/bin
  export PATH
  exec /usr/bin/bazel "$@"' bazel "$tree" "$@"
`;
