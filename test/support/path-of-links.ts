import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, systemPath } from '../../src/platform/find-program.ts';

/**
 * Makes a directory that is to be all of PATH.
 * @param names of programs of this host; those that it lacks are left out
 * @param standIns scripts of sh by their names
 */
export async function pathOfLinks(
  directory: string,
  names: readonly string[],
  standIns: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of names) {
    const found = await findProgram(name, systemPath({ PATH: process.env['PATH'] ?? '' }));
    if (found !== undefined) await symlink(found, join(directory, name));
  }
  for (const [name, script] of Object.entries(standIns)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}`);
    await chmod(join(directory, name), 0o755);
  }
}
