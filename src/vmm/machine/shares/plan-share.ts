import { planJail } from '../../../platform/jail/plan-jail.ts';
import { GUEST_ROOT_ON_HOST, GUEST_USER_ID } from '../../share-ids.ts';
import type { VirtiofsdProgram } from './find-virtiofsd.ts';

/** A directory of this host that a guest mounts by its tag: `mount -t virtiofs <id> <directory>`. */
export interface PluggedShare {
  /** The tag; letters, digits, `-` and `_`. */
  id: string;
  /** Absolute, without symbolic links. */
  source: string;
  readOnly: boolean;
  /** Directories below the source, relative to it, that are empty for the guest. They must exist. */
  hidden?: readonly string[];
  /** What the guest cannot change below the source, relative to it. It must exist. */
  readOnlyPaths?: readonly string[];
}

export interface SharePlan {
  file: string;
  args: string[];
}

/** The daemon has no business with those. */
const DROPPED = '-fsetid:-mknod:-setfcap';

export interface SharePlace {
  /** The machine's, absolute: where the daemon starts. */
  directory: string;
  /** Relative to it. */
  socket: string;
  /** This process's. */
  uid: number;
}

/** @returns the command that runs the daemon of a share, in which the guest's user and this process's user are the same */
export function planShare(program: VirtiofsdProgram, share: PluggedShare, place: SharePlace): SharePlan {
  const at = `share-${share.id}`;
  const { ids, runAs, translation } = planIds(program, place.uid);
  return planJail({
    source: share.source,
    at,
    ownRoot: [],
    readOnly: share.readOnly,
    hidden: share.hidden ?? [],
    readOnlyPaths: share.readOnlyPaths ?? [],
    ids,
    runAs,
    capable: runAs !== 0,
    // QEMU connects at once, or whoever started this is dead.
    listen: { socket: place.socket, patienceSeconds: 60 },
    program: [program.path, ...options(program, `${place.directory}/${at}`), ...translation],
  });
}

function options({ kind, announces }: VirtiofsdProgram, source: string): string[] {
  // The limit of open files is set before. What a guest can make it say must not fill a disk.
  const common = ['--fd=FD', '--rlimit-nofile=0'];
  if (kind === 'rust')
    return [
      ...common,
      '--shared-dir',
      source,
      '--cache',
      'auto',
      `--modcaps=${DROPPED}`,
      '--log-level=error',
      // What is mounted over hidden paths would be mounts of the guest too, which keep it from unmounting.
      ...(announces ? ['--no-announce-submounts'] : []),
    ];
  // A comma would end the option.
  const escaped = source.replaceAll('\\', '\\\\').replaceAll(',', '\\,');
  return [...common, '-o', `source=${escaped}`, '-o', `modcaps=${DROPPED}`, '-o', 'log_level=err'];
}

/**
 * Who is who. Root may map the guest's root to nobody's id. A plain user is the only one he can map: what the guest's root makes
 * is his where virtiofsd can do that, and refused elsewhere.
 */
function planIds(
  { translates }: VirtiofsdProgram,
  uid: number,
): { ids: string[]; runAs: number; translation: string[] } {
  if (uid === 0)
    return { ids: [`${GUEST_USER_ID} 0 1`, `0 ${GUEST_ROOT_ON_HOST} 1`], runAs: 0, translation: [] };
  if (!translates) return { ids: [`${GUEST_USER_ID} ${uid} 1`], runAs: GUEST_USER_ID, translation: [] };
  const translation = ['uid', 'gid'].flatMap((what) => [
    `--translate-${what}=map:${GUEST_USER_ID}:0:1`,
    `--translate-${what}=squash-guest:0:0:1`,
  ]);
  return { ids: [`0 ${uid} 1`], runAs: 0, translation };
}
