import { JAIL_SCRIPT } from './jail-script.ts';

/** A program that sees a directory of this host with less rights than this user has. */
export interface JailInput {
  /** Absolute, without symbolic links: one that is found on the way, now or later, is an error. */
  source: string;
  /**
   * Where the program sees it, from the directory in which it starts; made if absent. With `ownRoot` it is `/share`.
   */
  at: string;
  /** The program has a root in which there are only these programs, absolute, with their libraries; empty: it has this host's. */
  ownRoot: readonly string[];
  readOnly: boolean;
  /** Directories below the source, relative to it, that are empty for the program. They must exist. */
  hidden: readonly string[];
  /** What the program cannot change below the source, relative to it. It must exist. */
  readOnlyPaths: readonly string[];
  /** Lines of a user namespace's map, of users and groups alike. Where this user is not root, there can be but one. */
  ids: readonly string[];
  /** Whom the program runs as, inside. */
  runAs: number;
  /** It has capabilities of its user namespace though it does not run as root there. */
  capable: boolean;
  /** A socket that the program takes over, as the word `--fd=FD`, once somebody has connected; when nobody does, it never starts. */
  listen?: { socket: string; patienceSeconds: number };
  /** A program outside, whose input and output are the program's output and input. Both end with the first. */
  peer?: readonly string[];
  program: readonly string[];
}

/** Each file that a guest has open is one of the program's too. */
const OPEN_FILES = 1_000_000;

/**
 * @returns the command that runs the program in a jail: set-user-ID modes are refused, devices cannot be made, the mounts cannot
 *   be taken apart. It needs perl and Linux 5.12.
 */
export function planJail(input: JailInput): { file: string; args: string[] } {
  const words: Record<string, readonly string[]> = {
    source: [input.source],
    at: [input.at],
    bring: input.ownRoot,
    readonly: input.readOnly ? ['1'] : [],
    hide: input.hidden,
    fix: input.readOnlyPaths,
    map: input.ids,
    run: [String(input.runAs)],
    capable: input.capable ? ['1'] : [],
    files: [String(OPEN_FILES)],
    listen: input.listen === undefined ? [] : [input.listen.socket],
    patience: input.listen === undefined ? [] : [String(input.listen.patienceSeconds)],
    peer: input.peer ?? [],
  };
  const settings = Object.entries(words).flatMap(([key, values]) => values.flatMap((value) => [key, value]));
  // Perl reads no more options after --.
  return { file: 'perl', args: ['-e', JAIL_SCRIPT, '--', ...settings, 'exec', ...input.program] };
}
