import { join } from 'node:path';
import type { EngineOptions } from '../../bazel/engine-options.ts';
import { canonicalFlags } from '../../bazel/fingerprint/canonical-flags.ts';
import { graphVariables, PASSED_VARIABLES } from '../../bazel/fingerprint/environment.ts';
import { graphFingerprint } from '../../bazel/fingerprint/graph-fingerprint.ts';
import type { GeneratedHashes } from '../../bazel/generate-hashes.ts';
import { readSeed } from '../../bazel/hash/read-inputs.ts';
import { bazelFailed } from '../../bazel/query/bazel-client.ts';
import type { BazelClient } from '../../bazel/query/bazel-client.ts';
import { DewarError } from '../../core/errors.ts';
import { inexactPaths } from '../../platform/git-exact-tree.ts';
import { listTree } from '../../platform/git-objects.ts';
import { openRepository } from '../../platform/git-repository.ts';
import type { Repository } from '../../platform/git-repository.ts';
import { listFiles } from '../../platform/list-files.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { assertWritableOutput } from '../../platform/write-output.ts';
import { passedEnvironment } from '../../snapshot/passed-environment.ts';
import { whyNoIndex, writeIndex } from './graph-tier.ts';

export interface WorkTreeInput {
  /** Where the index goes. */
  path: string;
  options: EngineOptions;
  client: BazelClient;
  env: Readonly<Record<string, string>>;
}

/** Writes the index of the graph that was made in a work tree. @throws DewarError GRAPH_INDEX_IMPOSSIBLE */
export type WriteWorkTreeIndex = (generated: GeneratedHashes) => Promise<void>;

/**
 * Makes sure, before Bazel is asked, that an index of a work tree can be written: it says what a commit's graph is, so
 * the work tree must hold that commit, all of it and nothing else.
 * @throws DewarError GRAPH_INDEX_IMPOSSIBLE, OUTPUT_NOT_WRITABLE
 */
export async function openWorkTreeIndex({
  path,
  options,
  client,
  env,
}: WorkTreeInput): Promise<WriteWorkTreeIndex> {
  const { workspacePath } = options;
  const { emit, signal } = client.options;
  await assertWritableOutput(path);
  const why =
    options.contentHashPath !== undefined || options.modifiedFilepaths !== undefined
      ? 'digests of files that come from elsewhere are not those of a commit'
      : await whyNoIndex(options, workspacePath, env);
  if (why !== undefined) throw impossible(path, why, 'leave that flag or setting out, or --graph-index');
  const { repository, commit } = await exactCheckout(path, workspacePath, env, signal);
  const passed = passedEnvironment(env, PASSED_VARIABLES, []);
  const fingerprint = await graphFingerprint({
    read: (file) => readIfPresent(join(workspacePath, file)),
    list: (directory) => listFiles(join(workspacePath, directory)),
    bazelPath: options.bazelPath,
    startupOptions: options.bazelStartupOptions,
    flags: canonicalFlags(options),
    seed: (await readSeed(options.seedFilepaths)).toString('hex'),
    graphEnv: graphVariables(passed, []),
    env: passed,
    emit,
    signal,
  });
  const tree = await listTree(repository, commit, signal);
  const attributes = await readIfPresent(join(repository.commonDir, 'info', 'attributes'));
  return async (generated) => {
    if (generated.partial)
      throw impossible(
        path,
        `the graph has errors, so that targets may be missing: ${generated.problems.join('; ')}`,
        'mend the errors',
      );
    const outputBase = await outputBaseOf(client);
    const found = await writeIndex({ workspacePath, outputBase, flags: { options }, env }, generated, {
      tree,
      attributes: attributes?.toString('utf8') ?? '',
      path,
      identity: { commit, fingerprint: fingerprint.digest },
    });
    if (found !== undefined) throw impossible(path, found, 'leave --graph-index out');
  };
}

async function exactCheckout(
  path: string,
  workspacePath: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<{ repository: Repository; commit: string }> {
  const mend = 'commit first, or write the index in a work tree of its own (git worktree add)';
  const repository = await openRepository(workspacePath, { env, signal }).catch((error: unknown) => {
    if (!(error instanceof DewarError) || error.code !== 'NOT_A_GIT_REPOSITORY') throw error;
    throw impossible(path, error.message, 'put the workspace under git, or leave --graph-index out');
  });
  const { head } = repository;
  if (head === undefined) throw impossible(path, `${workspacePath} is at no commit`, mend);
  const inexact = await inexactPaths(repository, signal);
  if (inexact.length === 0) return { repository, commit: head };
  const shown = inexact.slice(0, MOST_SHOWN).join(', ');
  const more = inexact.length > MOST_SHOWN ? ` and ${inexact.length - MOST_SHOWN} more` : '';
  throw impossible(
    path,
    `the work tree is not exactly the commit ${head} (as git status prints it: ${shown}${more})`,
    mend,
  );
}

const MOST_SHOWN = 5;

async function outputBaseOf(client: BazelClient): Promise<string> {
  const result = await client.run(['info', 'output_base']);
  if (result.exitCode !== 0) throw bazelFailed('info', result);
  return result.stdout.toString('utf8').trim();
}

function impossible(path: string, why: string, mend: string): DewarError {
  return new DewarError({
    code: 'GRAPH_INDEX_IMPOSSIBLE',
    message: `no graph index can be written to ${path}: ${why}`,
    mend,
  });
}
