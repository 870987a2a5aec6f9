import picomatch from 'picomatch';

/** @returns whether a path, one character a byte, fits */
export type PathTest = (path: string) => boolean;

/**
 * Makes a test out of glob patterns.
 * @param globs of paths relative to the cache; `**` any directories, a leading dot is nothing special
 */
export function matchPaths(globs: readonly string[]): PathTest {
  if (globs.length === 0) return () => false;
  return picomatch(globs.map(bytesOf), { dot: true });
}

/** File names are bytes, and need not be text. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
