import { fileURLToPath } from 'node:url';

const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]+)\1/g;

/**
 * @param resolve the module's own; undefined for what is not there
 * @returns the files beside a module that its text seems to import; absolute
 */
export function findImports(text: string, resolve: (name: string) => string | undefined): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, , name = '']) => {
    const found = resolve(name);
    if (found === undefined) return [];
    return [found.startsWith('file:') ? fileURLToPath(found) : found];
  });
}
