import { join } from 'node:path';
import { MACHINES } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';

/** @returns where the machines of a driver are, absolute */
export function machinesDirectory(env: Readonly<Record<string, string>>, driver: string): string {
  return join(cacheDirectory(env), driver, MACHINES);
}
