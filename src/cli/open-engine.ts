import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { EngineOptions } from '../bazel/engine-options.ts';
import type { EngineFlagValues } from '../bazel/parse-engine-options.ts';
import type { BazelClient } from '../bazel/query/bazel-client.ts';
import { cacheDirectory } from '../platform/cache-directory.ts';
import type { Emit } from '../core/events.ts';

export interface Engine {
  client: BazelClient;
  engineOptions: EngineOptions;
  /** Where digests of this workspace's files are kept from run to run. */
  digestCache: string;
}

/**
 * Makes the Bazel client and the options of the engine from a command's flags; loads the code for it.
 * @throws DewarError USAGE, BAD_REPOS_FILE
 */
export async function openEngine(
  flags: EngineFlagValues,
  {
    cwd,
    env,
    emit,
    signal,
  }: { cwd: string; env: Readonly<Record<string, string>>; emit: Emit; signal: AbortSignal },
): Promise<Engine> {
  const [{ BazelClient }, { parseEngineOptions }] = await Promise.all([
    import('../bazel/query/bazel-client.ts'),
    import('../bazel/parse-engine-options.ts'),
  ]);
  const engineOptions = await parseEngineOptions({
    ...flags,
    workspacePath: resolve(cwd, flags.workspacePath),
  });
  const client = new BazelClient({
    workspacePath: engineOptions.workspacePath,
    bazelPath: engineOptions.bazelPath,
    startupOptions: engineOptions.bazelStartupOptions,
    emit,
    signal,
  });
  const key = createHash('sha256').update(engineOptions.workspacePath).digest('hex');
  return { client, engineOptions, digestCache: join(cacheDirectory(env), 'digests', key.slice(0, 32)) };
}
