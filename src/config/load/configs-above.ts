import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DewarError } from '../../core/errors.ts';

/** In the order of the docs. */
export const CONFIG_NAMES: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'].map(
  (extension) => `dewar.config.${extension}`,
);

/**
 * @param start absolute, without links
 * @returns the nearest configs of a directory and those above it, two at most; absolute
 * @throws DewarError TWO_CONFIGS for two in one directory
 */
export async function configsAbove(start: string): Promise<string[]> {
  const found: string[] = [];
  for (let directory = start; found.length < 2; directory = dirname(directory)) {
    const config = await configIn(directory);
    if (config !== undefined) found.push(config);
    if (dirname(directory) === directory) break;
  }
  return found;
}

/** @throws DewarError TWO_CONFIGS */
async function configIn(directory: string): Promise<string | undefined> {
  const paths = CONFIG_NAMES.map((name) => join(directory, name));
  const there = await Promise.all(paths.map(isThere));
  const [config, other] = paths.filter((_, index) => there[index]);
  if (other === undefined) return config;
  throw new DewarError({
    code: 'TWO_CONFIGS',
    message: `there are two configs: ${config} and ${other}`,
    mend: 'remove one of them',
  });
}

/** A link that leads nowhere is there: to go on above it would take another config than the one that is meant. */
async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
