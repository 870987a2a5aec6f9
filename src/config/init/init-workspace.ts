import { lstat, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { errnoOf } from '../../platform/errno.ts';
import { writeOutput } from '../../platform/write-output.ts';
import { CONFIG_NAMES, configsAbove } from '../load/configs-above.ts';
import { noSuchPlugin } from '../load/no-such-plugin.ts';
import { workspaceName } from '../resolve/workspace-name.ts';
import { writeEditorFiles } from './editor-files.ts';
import { guessPlugins } from './guess-plugins.ts';
import { planIgnore } from './plan-ignore.ts';
import { starterConfig } from './starter-config.ts';
import type { ConfigFormat } from './starter-config.ts';

export interface InitInput {
  /** Absolute. */
  directory: string;
  format: ConfigFormat;
  /** A valid one; the directory's when absent. */
  name: string | undefined;
  /** Names and paths; guessed from the project's files when there is none. */
  plugins: readonly string[];
  builtinPlugins: readonly string[];
  /** Replaces the config that is there. */
  force: boolean;
}

export interface InitResult {
  /** Absolute. */
  file: string;
  plugins: readonly string[];
  /** The `.gitignore` that got a line; absolute. */
  ignored: string | undefined;
  /** The config of the workspace in which this one lies; absolute. */
  within: string | undefined;
}

/**
 * Writes a first config, which loads as it is.
 * @throws DewarError CONFIG_EXISTS, NO_SUCH_PLUGIN, NO_CONFIG, STATE_DIRECTORY, OUTPUT_NOT_WRITABLE
 */
export async function initWorkspace(input: InitInput): Promise<InitResult> {
  const { format, builtinPlugins, force } = input;
  const entries = await entriesOf(input.directory);
  const directory = await realpath(input.directory);
  const old = CONFIG_NAMES.filter((name) => entries.includes(name));
  if (old[0] !== undefined && !force) throw exists(join(directory, old[0]));
  const name = input.name ?? workspaceName(directory);
  const unknown = input.plugins.find((plugin) => !plugin.includes('/') && !builtinPlugins.includes(plugin));
  if (unknown !== undefined) throw noSuchPlugin('dewar init', unknown, builtinPlugins);
  const plugins = input.plugins.length > 0 ? input.plugins : guessPlugins(entries, builtinPlugins);
  await writeEditorFiles(directory);
  const file = join(directory, `dewar.config.${format}`);
  await writeOutput(file, starterConfig({ format, name, plugins }));
  for (const other of old) if (join(directory, other) !== file) await rm(join(directory, other));
  return { file, plugins, ignored: await ignoreState(directory), within: await configAbove(directory) };
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw new DewarError({
      code: 'NO_CONFIG',
      message: `${directory} is no directory that can be read: ${(error as Error).message}`,
      mend: 'make it, or name another: -C <dir>',
      cause: error,
    });
  }
}

/** Adds the workspace's state to what git ignores, where there is git. */
async function ignoreState(directory: string): Promise<string | undefined> {
  if (!(await isInRepository(directory))) return undefined;
  const path = join(directory, '.gitignore');
  // Latin-1 keeps the bytes of any encoding.
  const text = await readFile(path, 'latin1').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  const planned = planIgnore(text);
  if (planned === undefined) return undefined;
  await writeOutput(path, Buffer.from(planned, 'latin1'));
  return path;
}

async function isInRepository(directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    if ((await lstat(join(at, '.git')).catch(() => undefined)) !== undefined) return true;
    if (dirname(at) === at) return false;
  }
}

async function configAbove(directory: string): Promise<string | undefined> {
  const above = dirname(directory);
  return above === directory ? undefined : (await configsAbove(above).catch(() => []))[0];
}

function exists(path: string): DewarError {
  return new DewarError({
    code: 'CONFIG_EXISTS',
    message: `there is a config already: ${path}`,
    mend: 'edit it, or replace it: dewar init --force',
  });
}
