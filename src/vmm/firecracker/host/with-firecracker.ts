import { basename, dirname } from 'node:path';
import { DewarError } from '../../../core/errors.ts';
import { findProgram } from '../../../platform/find-program.ts';

/**
 * @param program an absolute path, or a name on PATH; undefined: what the environment says
 * @returns an environment by which that Firecracker is found
 * @throws DewarError FIRECRACKER_MISSING
 */
export async function withFirecracker(
  env: Readonly<Record<string, string>>,
  program: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (program === undefined) return env;
  const directory = program.includes('/') ? dirname(program) : (env['PATH'] ?? '');
  const path = await findProgram(basename(program), directory);
  if (path !== undefined) return { ...env, DEWAR_FIRECRACKER: path };
  throw new DewarError({
    code: 'FIRECRACKER_MISSING',
    message: `--firecracker-bin ${program} is no program${program.includes('/') ? '' : ' on PATH'}`,
    mend: 'give the path of Firecracker: https://github.com/firecracker-microvm/firecracker/releases',
  });
}
