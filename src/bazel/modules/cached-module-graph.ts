import { createHash } from 'node:crypto';
import { DewarError } from '../../core/errors.ts';
import { thisHostFiles } from '../../platform/file-host.ts';
import { filesOverCommands } from '../../platform/files-over-commands.ts';
import type { FileLimits } from '../../platform/ask-paths.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { digestModuleInputs } from './module-inputs.ts';
import { readModuleGraph } from './module-graph.ts';
import type { ModuleGraphResult } from './module-graph.ts';
import { hostShelf, machineShelf } from './module-graph-shelf.ts';
import type { ModuleGraphShelf } from './module-graph-shelf.ts';

/**
 * The module graph of a workspace, from dewar's cache when the same Bazel has printed it for the same module files
 * before: on a large workspace `bazel mod graph` takes a third of the time of the query, since each command looks at
 * every loaded file again. Asks Bazel wherever the files do not say it all.
 * @param kept where Bazel runs in a machine: a directory there, which is the cache; without one there is none
 */
export async function cachedModuleGraph(client: BazelClient, kept?: string): Promise<ModuleGraphResult> {
  const shelf = shelfOf(client, kept);
  if (shelf === undefined) return readModuleGraph(client);
  const name = await nameOf(client);
  const known = name === undefined ? undefined : await unlessUnseen(shelf.read(name));
  if (known !== undefined) {
    client.options.emit({ type: 'debug', message: `module graph ${name} was kept` });
    return { bzlmod: true, json: known };
  }
  const started = performance.now();
  const result = await readModuleGraph(client);
  const worthwhile = client.options.commands !== undefined || performance.now() - started >= LEAST_MS;
  if (!worthwhile || result.json === undefined) return result;
  // Bazel may have written the lock file just now: the name is made again.
  const now = await nameOf(client);
  if (now !== undefined) await unlessUnseen(shelf.keep(now, result.json));
  return result;
}

/** A graph that Bazel prints faster than this on this host is asked for each time. */
const LEAST_MS = 400;
const MACHINE_DEADLINE_MS = 60_000;

function shelfOf(client: BazelClient, kept: string | undefined): ModuleGraphShelf | undefined {
  const { commands } = client.options;
  if (commands === undefined) return hostShelf(environmentOf(client));
  return kept === undefined ? undefined : machineShelf(commands, kept, limitsOf(client));
}

/** @returns undefined where nothing may be kept */
async function nameOf(client: BazelClient): Promise<string | undefined> {
  const { workspacePath, startupOptions, bazelPath, commands } = client.options;
  const env = environmentOf(client);
  const files = commands === undefined ? thisHostFiles : filesOverCommands(commands, limitsOf(client));
  const [version, inputs] = await Promise.all([
    client.version(),
    unlessUnseen(digestModuleInputs({ workspacePath, startupOptions, env, files })),
  ]);
  if (version === undefined || inputs === undefined) return undefined;
  const key = createHash('sha256').update(JSON.stringify([version, bazelPath, startupOptions, inputs]));
  return `${key.digest('hex')}.json`;
}

function limitsOf({ options: { signal, deadlineMs } }: BazelClient): FileLimits {
  return { signal, deadlineMs: Math.min(deadlineMs ?? Infinity, MACHINE_DEADLINE_MS) };
}

function environmentOf({ options: { env } }: BazelClient): Readonly<Record<string, string>> {
  return env ?? definedOnly(process.env);
}

/** What cannot be looked at is asked of Bazel. */
async function unlessUnseen<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DewarError && UNSEEN.has(error.code)) return undefined;
    throw error;
  }
}

const UNSEEN: ReadonlySet<string> = new Set(['UNREADABLE', 'DEADLINE', 'COMMAND_NOT_FOUND']);

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
