import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import type { CommandHost } from '../../platform/command-host.ts';
import { thisHostFiles } from '../../platform/file-host.ts';
import { filesOverCommands } from '../../platform/files-over-commands.ts';
import type { FileLimits } from '../../platform/ask-paths.ts';

/** Where module graphs are kept by name. One that cannot be read or written costs time and nothing else. */
export interface ModuleGraphShelf {
  /** @returns undefined when there is none */
  read(name: string): Promise<string | undefined>;
  keep(name: string, json: string): Promise<void>;
}

/** Dewar's cache on this host. */
export function hostShelf(env: Readonly<Record<string, string>>): ModuleGraphShelf {
  const directory = join(cacheDirectory(env), DIRECTORY);
  return {
    async read(name) {
      return (await thisHostFiles.read(join(directory, name)).catch(() => undefined))?.toString('utf8');
    },
    async keep(name, json) {
      try {
        await mkdir(directory, { recursive: true });
        await writeFileAtomic(join(directory, name), json);
        await thinOut(directory);
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error)) throw error;
      }
    },
  };
}

/**
 * A directory of a machine, which is frozen with it: its clones find there what was asked before.
 * @param directory absolute, there
 */
export function machineShelf(commands: CommandHost, directory: string, limits: FileLimits): ModuleGraphShelf {
  return {
    async read(name) {
      const files = filesOverCommands(commands, limits);
      return (await files.read(`${directory}/${name}`))?.toString('utf8');
    },
    async keep(name, json) {
      const env = { PATH: '/usr/bin:/bin' };
      await commands.run('sh', ['-c', KEEP, directory, name], { ...limits, env, input: json });
    },
  };
}

const DIRECTORY = 'module-graphs';
/** More files than this are thinned out, oldest first. */
const MOST_FILES = 256;
/** Whole or not there. */
const KEEP = 'mkdir -p "$0" && cat >"$0/$1.new" && mv "$0/$1.new" "$0/$1"';

async function thinOut(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.length <= MOST_FILES) return;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(directory, name))).mtimeMs })),
  );
  const old = ages.toSorted((a, b) => b.time - a.time).slice(MOST_FILES / 2);
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}
