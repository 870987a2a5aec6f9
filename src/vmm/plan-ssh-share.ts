import { quotePosix } from '../core/quote-posix.ts';
import { planJail } from '../platform/jail/plan-jail.ts';
import { GUEST_USER_ID } from './share-ids.ts';
import type { SshShare } from './workspace-driver.ts';

export interface SshSharePlace {
  /** Of OpenSSH's sftp-server, absolute. */
  server: string;
  /** Arguments of an ssh to the guest's root, without a host's name, and where it runs. */
  ssh: { arguments: readonly string[]; directory: string };
  /** This process's. */
  uid: number;
}

/** Seconds for which sshfs remembers what files are; it hears of no change. */
const REMEMBERED = 2;

/**
 * Runs as root in the guest. Directories below a home are made by the home's user, who may have put links there: whoever
 * makes them then has no more rights than he has.
 */
const MOUNT = `case $1 in
  /home/dewar/*) runuser -u dewar -- mkdir -p -- "$1" </dev/null >&2 ;;
  *) mkdir -p -- "$1" </dev/null >&2 ;;
esac || exit
# Those that know this option would not show links that lead out of the directory.
sshfs --help 2>/dev/null </dev/null | grep -qw no_contain_symlinks && links=,no_contain_symlinks
exec sshfs :/share "$1" -f -o "$2$links"`;

/**
 * @returns the command that runs ssh and the server of a share, each the other's input, until one of them ends. A guest says to
 *   the server what it likes: the server sees nothing but itself and the share.
 */
export function planSshShare(
  share: SshShare,
  { server, ssh, uid }: SshSharePlace,
): { file: string; args: string[] } {
  const mount = ['sh', '-c', MOUNT, 'sh', share.target, mountOptions(share)].map(quotePosix).join(' ');
  // A connection of its own: the shared one may end before.
  const alone = ['-oControlPath=none', '-oServerAliveInterval=15'];
  return planJail({
    source: share.source,
    at: `share-${share.id}`,
    ownRoot: [server],
    readOnly: share.readOnly,
    hidden: share.hidden,
    readOnlyPaths: share.readOnlyPaths,
    ids: [`${GUEST_USER_ID} ${uid} 1`],
    runAs: GUEST_USER_ID,
    capable: false,
    peer: [
      'sh',
      '-c',
      'cd "$0" && exec ssh "$@"',
      ssh.directory,
      ...alone,
      ...ssh.arguments,
      'dewar-guest',
      mount,
    ],
    program: [server, '-e', '-l', 'ERROR', ...(share.readOnly ? ['-R'] : [])],
  });
}

function mountOptions({ id, readOnly }: SshShare): string {
  return [
    'passive',
    // Whoever asks, files are the user's, and the guest's kernel decides what others may do.
    'allow_other,default_permissions,idmap=none',
    `uid=${GUEST_USER_ID},gid=${GUEST_USER_ID}`,
    'nosuid,nodev',
    `dcache_timeout=${REMEMBERED}`,
    `fsname=${id}`,
    ...(readOnly ? ['ro'] : []),
  ].join(',');
}
