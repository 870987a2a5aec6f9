import { access, constants, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { runCommand } from '../../../platform/run-command.ts';

export interface QemuProgram {
  /** Absolute and without links. */
  path: string;
  version: QemuVersion;
  /** Changes whenever the file does. */
  identity: string;
}

export interface QemuVersion {
  major: number;
  minor: number;
  /** As QEMU prints it, such as `10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)`. */
  text: string;
}

export const OLDEST_QEMU: { major: number; minor: number } = { major: 7, minor: 2 };

const PROGRAM = 'qemu-system-x86_64';
const DEADLINE_MS = 20_000;

/**
 * Finds QEMU: `DEWAR_QEMU` (an absolute path), else `qemu-system-x86_64` on PATH.
 * @throws DewarError QEMU_MISSING, QEMU_TOO_OLD, QEMU_BROKEN
 */
export async function findQemu(env: Readonly<Record<string, string>>): Promise<QemuProgram> {
  const path = await locate(env);
  const result = await runCommand(path, ['--version'], { deadlineMs: DEADLINE_MS });
  const version = parseQemuVersion(result.stdout.toString('utf8'));
  if (result.exitCode !== 0 || version === undefined)
    throw new DewarError({
      code: 'QEMU_BROKEN',
      message: `${path} --version ended with ${result.exitCode}: ${result.stderr.trim().slice(0, 500)}`,
      mend: 'install qemu-system-x86 again',
    });
  if (!isAtLeast(version, OLDEST_QEMU.major, OLDEST_QEMU.minor))
    throw new DewarError({
      code: 'QEMU_TOO_OLD',
      message: `${path} is QEMU ${version.text}; dewar needs ${OLDEST_QEMU.major}.${OLDEST_QEMU.minor} or later`,
      mend: 'install a newer qemu-system-x86 (Debian 12 has 7.2, its backports 10.0), or name one by DEWAR_QEMU',
    });
  const { size, mtimeMs, ino } = await stat(path);
  return { path, version, identity: [path, size, mtimeMs, ino, version.text].join(':') };
}

/** @returns undefined when it is not what QEMU prints */
export function parseQemuVersion(output: string): QemuVersion | undefined {
  const found = /^QEMU emulator version ((\d+)\.(\d+)[^\n]*)/.exec(output);
  if (found === null) return undefined;
  return { major: Number(found[2]), minor: Number(found[3]), text: found[1] ?? '' };
}

export function isAtLeast(version: { major: number; minor: number }, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

async function locate(env: Readonly<Record<string, string>>): Promise<string> {
  const own = env['DEWAR_QEMU'];
  const candidates =
    own === undefined || own === ''
      ? (env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, PROGRAM))
      : [own];
  for (const candidate of candidates) {
    if (!isAbsolute(candidate)) continue;
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return realpath(candidate);
  }
  throw new DewarError({
    code: 'QEMU_MISSING',
    message:
      own === undefined || own === ''
        ? `${PROGRAM} is not on PATH`
        : `DEWAR_QEMU=${own} is not the absolute path of a program`,
    mend: 'install it (Debian: apt-get install qemu-system-x86), or name one by DEWAR_QEMU',
    packages: ['qemu-system-x86'],
  });
}
