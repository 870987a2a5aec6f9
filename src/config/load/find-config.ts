import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { CONFIG_NAMES, configsAbove } from './configs-above.ts';

/**
 * Looks for a config in a directory and those above it. A config in the tree of another workspace may have been written by
 * that one's guest, and this host would run it: it has to be named.
 * @param cwd where to begin; absolute
 * @param named a directory that the user named in place of it
 * @returns absolute path of the config; the links of its directory are resolved
 * @throws DewarError NO_CONFIG, TWO_CONFIGS, NESTED_CONFIG
 */
export async function findConfig(cwd: string, named?: string): Promise<string> {
  const start = await directoryOf(named ?? cwd);
  const [found, outer] = await configsAbove(start);
  if (found === undefined) throw noConfig(start);
  if (outer === undefined || (named !== undefined && dirname(found) === start)) return found;
  throw new DewarError({
    code: 'NESTED_CONFIG',
    message: `${found} lies in the workspace of ${outer}, whose guest may have written it: this host would run it`,
    mend: `read it; when it is yours, name its directory: -C ${dirname(found)}. For the workspace around it: -C ${dirname(outer)}`,
  });
}

async function directoryOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return realpath(path);
  throw new DewarError({
    code: 'NO_CONFIG',
    message: `${path} is no directory`,
    mend: 'give the directory of a workspace, which has a dewar.config.*',
  });
}

function noConfig(start: string): DewarError {
  return new DewarError({
    code: 'NO_CONFIG',
    message: `neither ${start} nor a directory above it has a config (${CONFIG_NAMES.join(', ')})`,
    mend: 'write one: dewar init; or go to the directory of a workspace, or name it: -C <dir>',
  });
}
