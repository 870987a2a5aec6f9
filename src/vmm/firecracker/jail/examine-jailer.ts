import type { VmmJail } from '../../driver-examination.ts';
import type { FirecrackerProgram } from '../host/find-firecracker.ts';
import { findJailer, NO_JAILER } from './find-jailer.ts';

/**
 * @returns which jailer machines of this user run in, or why in none; undefined where this user is not root, who alone can have one
 * @throws DewarError JAILER_UNFIT
 */
export async function examineJailer(
  program: Pick<FirecrackerProgram, 'version'>,
  env: Readonly<Record<string, string>>,
  uid: number | undefined = process.getuid?.(),
): Promise<VmmJail | undefined> {
  if (uid !== 0) return undefined;
  const path = await findJailer(program, env, uid);
  if (path !== undefined) return { path, version: program.version.text };
  return env['DEWAR_JAILER'] === NO_JAILER
    ? { why: `DEWAR_JAILER=${NO_JAILER}`, mend: 'unset DEWAR_JAILER' }
    : {
        why: 'there is no jailer on PATH',
        mend: `install the jailer that came with Firecracker ${program.version.text} into a directory of PATH, or name it by DEWAR_JAILER`,
      };
}
