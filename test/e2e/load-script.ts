import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The checkout. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Imports one of the project's scripts, which are plain JavaScript without declarations.
 * @param path relative to scripts/
 */
export async function loadScript<T>(path: string): Promise<T> {
  return (await import(scriptUrl(path))) as T;
}

/** @param path relative to scripts/ */
export function scriptUrl(path: string): string {
  return pathToFileURL(join(ROOT, 'scripts', path)).href;
}
