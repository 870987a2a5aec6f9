import { join } from 'node:path';
import { STANDBYS } from '../core/names.ts';
import { cacheDirectory } from '../platform/cache-directory.ts';

/** @returns where machines that were saved right after they had booted are kept; absolute */
export function standbysDirectory(env: Readonly<Record<string, string>>): string {
  return join(cacheDirectory(env), ...STANDBYS);
}
