import { basename } from 'node:path';
import { JAILER_SCRIPT } from './jailer-script.ts';

/** A Firecracker that sees nothing of this host but what is brought. Paths are absolute, but for names in the jail. */
export interface JailerInput {
  jailer: string;
  program: string;
  /** Firecracker's arguments. */
  args: readonly string[];
  /** Of the machine; letters, digits and `-`. */
  id: string;
  /** The machine's. */
  directory: string;
  /** Of the user, and of his group, that Firecracker becomes. */
  user: number;
  /** Name of the TAP, which becomes that user's. */
  tap: string;
  brought: readonly BroughtFile[];
}

export interface BroughtFile {
  path: string;
  /** In the jail. */
  name: string;
  access: 'read' | 'write';
}

export interface JailerPlan {
  file: string;
  args: string[];
  /** Absolute: what Firecracker finds as `/`; to be made. */
  root: string;
}

/** In a machine's directory. */
export const JAIL = 'jail';
/** A directory in memory, in the jail. */
export const PLUGGED = 'plugged';
/** Users of this host that nobody is, one for each machine. */
const FIRST_USER = 2_000_100_000;

/** @param id 16 hexadecimal digits, random */
export function jailedUser(id: string): number {
  return FIRST_USER + Number.parseInt(id.slice(0, 4), 16);
}

/** The process that is started becomes Firecracker. It needs perl, mount(8) and unshare(1). */
export function planJailer(input: JailerInput): JailerPlan {
  const { jailer, program, args, id, directory, user, tap, brought } = input;
  const root = jailRoot(program, id, directory);
  const files = brought.flatMap(({ path, name, access }) => [access, `${name}\n${path}`]);
  const settings = { root, user: String(user), tap, plugged: PLUGGED };
  const options = {
    '--id': id,
    '--exec-file': program,
    '--uid': String(user),
    '--gid': String(user),
    '--chroot-base-dir': `${directory}/${JAIL}`,
  };
  const words = [...Object.entries(settings).flat(), ...files, 'exec', jailer];
  const command = [...Object.entries(options).flat(), '--', ...args];
  return {
    file: 'unshare',
    args: ['--mount', '--', 'perl', '-e', JAILER_SCRIPT, '--', ...words, ...command],
    root,
  };
}

/** @returns absolute: where the jail of a machine is */
function jailRoot(program: string, id: string, directory: string): string {
  // As the jailer makes it.
  return `${directory}/${JAIL}/${basename(program)}/${id}/root`;
}
