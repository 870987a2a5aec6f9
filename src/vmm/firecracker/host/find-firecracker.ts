import { stat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { findProgram } from '../../../platform/find-program.ts';
import { runCommand } from '../../../platform/run-command.ts';

export interface FirecrackerProgram {
  /** Absolute and without links. */
  path: string;
  version: FirecrackerVersion;
  /** Changes whenever the file does. */
  identity: string;
}

export interface FirecrackerVersion {
  major: number;
  minor: number;
  /** As Firecracker prints it, such as `1.16.1`. */
  text: string;
}

/** The first that gives a restored guest another TAP than the recorded one had. */
const OLDEST = { major: 1, minor: 12 };
/** The last whose API description this driver was compared with. */
const NEWEST = { major: 1, minor: 17 };
export const WRITTEN_FOR: string = `${OLDEST.major}.${OLDEST.minor} to ${NEWEST.major}.${NEWEST.minor}`;

const PROGRAM = 'firecracker';
const DEADLINE_MS = 20_000;

/**
 * Finds Firecracker: `DEWAR_FIRECRACKER` (an absolute path), else `firecracker` on PATH. A later minor version than those that
 * were tried is taken: their API only grows.
 * @throws DewarError FIRECRACKER_MISSING, FIRECRACKER_UNKNOWN (its version), FIRECRACKER_BROKEN
 */
export async function findFirecracker(env: Readonly<Record<string, string>>): Promise<FirecrackerProgram> {
  const program = await askFirecracker(env);
  const { path, version } = program;
  if (version.major !== OLDEST.major || version.minor < OLDEST.minor)
    throw new DewarError({
      code: 'FIRECRACKER_UNKNOWN',
      message: `${path} is Firecracker ${version.text}; dewar was written for ${WRITTEN_FOR}`,
      mend: `install one of those (https://github.com/firecracker-microvm/firecracker/releases), or name one by DEWAR_FIRECRACKER`,
    });
  return program;
}

/**
 * The same, whatever its version is.
 * @throws DewarError FIRECRACKER_MISSING, FIRECRACKER_BROKEN
 */
export async function askFirecracker(env: Readonly<Record<string, string>>): Promise<FirecrackerProgram> {
  const path = await locate(env);
  const result = await runCommand(path, ['--version'], { deadlineMs: DEADLINE_MS });
  const version = parseFirecrackerVersion(result.stdout.toString('utf8'));
  if (result.exitCode !== 0 || version === undefined)
    throw new DewarError({
      code: 'FIRECRACKER_BROKEN',
      message: `${path} --version ended with ${result.exitCode}: ${result.stderr.trim().slice(0, 500)}`,
      mend: 'install Firecracker again: one file, for this architecture',
    });
  const { size, mtimeMs, ino } = await stat(path);
  return { path, version, identity: [path, size, mtimeMs, ino, version.text].join(':') };
}

/** @returns undefined when it is not what Firecracker prints */
export function parseFirecrackerVersion(output: string): FirecrackerVersion | undefined {
  const found = /^Firecracker v((\d+)\.(\d+)\.\S+)/m.exec(output);
  if (found === null) return undefined;
  return { major: Number(found[2]), minor: Number(found[3]), text: found[1] ?? '' };
}

/** @returns whether this driver was compared with that version */
export function isTried({ major, minor }: FirecrackerVersion): boolean {
  return major === OLDEST.major && minor >= OLDEST.minor && minor <= NEWEST.minor;
}

async function locate(env: Readonly<Record<string, string>>): Promise<string> {
  const own = env['DEWAR_FIRECRACKER'] ?? '';
  const found =
    own === ''
      ? await findProgram(PROGRAM, env['PATH'] ?? '')
      : isAbsolute(own) && (await findProgram(basename(own), dirname(own)));
  if (found !== undefined && found !== false) return realpath(found);
  throw new DewarError({
    code: 'FIRECRACKER_MISSING',
    message:
      own === ''
        ? `${PROGRAM} is not on PATH`
        : `DEWAR_FIRECRACKER=${own} is not the absolute path of a program`,
    mend: 'install it (https://github.com/firecracker-microvm/firecracker/releases), or name one by DEWAR_FIRECRACKER',
  });
}
