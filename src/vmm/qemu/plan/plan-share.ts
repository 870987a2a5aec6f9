import type { VirtiofsdProgram } from '../host/find-virtiofsd.ts';

/** A directory of this host that a guest mounts by its tag: `mount -t virtiofs <id> <directory>`. */
export interface PluggedShare {
  /** The tag; letters, digits, `-` and `_`. */
  id: string;
  /** Absolute. */
  source: string;
  readOnly: boolean;
}

export interface SharePlan {
  file: string;
  args: string[];
}

/** Each file that a guest has open is one of the daemon's too. */
const OPEN_FILES = 1_000_000;

/**
 * @param socket path of the daemon's socket, relative to the directory in which it starts
 * @returns the command that runs the daemon of a share
 */
export function planShare(
  { path, kind }: VirtiofsdProgram,
  { source, readOnly }: PluggedShare,
  socket: string,
): SharePlan {
  const options =
    kind === 'rust'
      ? ['--socket-path', socket, '--shared-dir', source, '--cache', 'auto', '--announce-submounts']
      : // A comma would end the option.
        [`--socket-path=${socket}`, '-o', `source=${source.replaceAll('\\', '\\\\').replaceAll(',', '\\,')}`];
  const limit = [`--rlimit-nofile=${OPEN_FILES}`];
  const command = [path, ...options, ...limit];
  return readOnly
    ? { file: 'unshare', args: [...PRIVATE_MOUNTS, 'sh', '-c', READ_ONLY, 'sh', source, ...command] }
    : { file: path, args: command.slice(1) };
}

const PRIVATE_MOUNTS = ['--mount', '--propagation', 'private'];
/**
 * The kernel holds it, not the daemon nor the guest. What is mounted below the directory is not shared: it would stay
 * writable.
 */
const READ_ONLY = 'mount --bind -- "$1" "$1" && mount -o remount,bind,ro -- "$1" && shift && exec "$@"';
