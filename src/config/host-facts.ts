import { availableParallelism, homedir, totalmem } from 'node:os';
import { isAbsolute } from 'node:path';
import type { HostFacts } from './resolve/resolve-config.ts';

const MEBIBYTE = 2 ** 20;

/** What this process may use: less than the host has, in a container. */
export function hostFacts(env: Readonly<Record<string, string>>): HostFacts {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const { HOME } = env;
  return {
    cpus: availableParallelism(),
    memoryMB: Math.floor(bytes / MEBIBYTE),
    home: HOME !== undefined && isAbsolute(HOME) ? HOME : homedir(),
  };
}
