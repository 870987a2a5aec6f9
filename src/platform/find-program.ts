import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * @param path directories as PATH has them
 * @returns absolute path of a program; undefined when it is in none of them
 */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    const file = join(directory, name);
    if (isAbsolute(directory) && (await isProgram(file))) return file;
  }
  return undefined;
}

/** @returns PATH with the directories of system programs, which that of a plain user often lacks */
export function systemPath(env: Readonly<Record<string, string>>): string {
  return [env['PATH'] ?? '', '/usr/sbin', '/sbin'].filter((part) => part !== '').join(delimiter);
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
