import { resolve } from 'node:path';
import type { EngineOptions } from '../bazel/engine-options.ts';
import type { EngineFlagValues } from '../bazel/parse-engine-options.ts';
import type { BazelClient } from '../bazel/query/bazel-client.ts';
import type { Emit } from '../core/events.ts';

export interface Engine {
  client: BazelClient;
  engineOptions: EngineOptions;
}

/**
 * Makes the Bazel client and the options of the engine from a command's flags; loads the code for it.
 * @throws DewarError USAGE, BAD_REPOS_FILE
 */
export async function openEngine(
  flags: EngineFlagValues,
  { cwd, emit, signal }: { cwd: string; emit: Emit; signal: AbortSignal },
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
  return { client, engineOptions };
}
