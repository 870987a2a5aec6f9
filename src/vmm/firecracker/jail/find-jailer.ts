import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { findProgram } from '../../../platform/find-program.ts';
import { runCommand } from '../../../platform/run-command.ts';
import type { FirecrackerProgram } from '../host/find-firecracker.ts';

/** A value of `DEWAR_JAILER`. */
export const NO_JAILER = 'no';
const PROGRAM = 'jailer';
const DEADLINE_MS = 20_000;

/**
 * Finds the jailer of a Firecracker: `DEWAR_JAILER` (an absolute path), else `jailer` on PATH. Only root can use it.
 * @returns undefined where there is none on PATH, where `DEWAR_JAILER` is `no`, and where this user is not root
 * @throws DewarError JAILER_UNFIT
 */
export async function findJailer(
  { version }: Pick<FirecrackerProgram, 'version'>,
  env: Readonly<Record<string, string>>,
  uid: number | undefined = process.getuid?.(),
): Promise<string | undefined> {
  const own = env['DEWAR_JAILER'] ?? '';
  if (uid !== 0 || own === NO_JAILER) return undefined;
  const found =
    own === ''
      ? await findProgram(PROGRAM, env['PATH'] ?? '')
      : isAbsolute(own) && (await findProgram(basename(own), dirname(own)));
  if (found === undefined && own === '') return undefined;
  if (found === undefined || found === false)
    throw unfit(`DEWAR_JAILER=${own} is not the absolute path of a program`);
  const { stdout } = await runCommand(found, ['--version'], { deadlineMs: DEADLINE_MS });
  const said = /^Jailer v(\S+)/m.exec(stdout.toString('utf8'))?.[1];
  if (said === version.text) return realpath(found);
  throw unfit(
    `${found} is ${said === undefined ? 'no jailer' : `the jailer of Firecracker ${said}`}, and Firecracker is ${version.text}`,
  );
}

function unfit(message: string): DewarError {
  return new DewarError({
    code: 'JAILER_UNFIT',
    message,
    mend: 'install the jailer that came with that Firecracker, or do without: DEWAR_JAILER=no',
  });
}
