import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { digestModuleInputs } from './module-inputs.ts';
import { readModuleGraph } from './module-graph.ts';
import type { ModuleGraphResult } from './module-graph.ts';

/**
 * The module graph of a workspace, from dewar's cache when the same Bazel has printed it for the same module files
 * before: on a large workspace `bazel mod graph` takes a third of the time of the query, since each command looks at
 * every loaded file again. Asks Bazel wherever the files do not say it all.
 */
export async function cachedModuleGraph(client: BazelClient): Promise<ModuleGraphResult> {
  // The files that it depends on are somewhere else.
  if (client.options.commands !== undefined) return readModuleGraph(client);
  const place = await placeOf(client);
  const known = place === undefined ? undefined : await readIfPresent(place).catch(() => undefined);
  if (known !== undefined) {
    client.options.emit({ type: 'debug', message: `module graph from ${place}` });
    return { bzlmod: true, json: known.toString('utf8') };
  }
  const started = performance.now();
  const result = await readModuleGraph(client);
  const worthwhile = performance.now() - started >= LEAST_MS;
  // Bazel may have written the lock file just now: the place is looked up again.
  if (worthwhile && result.json !== undefined) await keep(await placeOf(client), result.json);
  return result;
}

/** A graph that Bazel prints faster than this is asked for each time. */
const LEAST_MS = 400;
const DIRECTORY = 'module-graphs';
/** More files than this are thinned out, oldest first. */
const MOST_FILES = 256;

/** @returns undefined where nothing may be kept */
async function placeOf(client: BazelClient): Promise<string | undefined> {
  const { workspacePath, startupOptions, bazelPath } = client.options;
  const env = client.options.env ?? definedOnly(process.env);
  const version = await client.version();
  if (version === undefined) return undefined;
  const inputs = await digestModuleInputs({ workspacePath, startupOptions, env });
  if (inputs === undefined) return undefined;
  const key = createHash('sha256').update(JSON.stringify([version, bazelPath, startupOptions, inputs]));
  return join(cacheDirectory(env), DIRECTORY, `${key.digest('hex')}.json`);
}

/** A cache that cannot be written costs time and nothing else. */
async function keep(place: string | undefined, json: string): Promise<void> {
  if (place === undefined) return;
  const directory = join(place, '..');
  try {
    await mkdir(directory, { recursive: true });
    await writeFileAtomic(place, json);
    const names = await readdir(directory);
    if (names.length <= MOST_FILES) return;
    const ages = await Promise.all(
      names.map(async (name) => ({ name, time: (await stat(join(directory, name))).mtimeMs })),
    );
    const old = ages.toSorted((a, b) => b.time - a.time).slice(MOST_FILES / 2);
    await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
