import { isAbsolute, relative } from 'node:path';

/** @returns whether a path is a directory or lies in it; both absolute */
export function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
