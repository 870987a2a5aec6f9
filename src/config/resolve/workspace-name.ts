import { basename } from 'node:path';

/** @returns a directory's name, as far as it can be that of a machine */
export function workspaceName(directory: string): string {
  const name = basename(directory)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 32)
    .replace(/-$/, '');
  return name === '' ? 'workspace' : name;
}
