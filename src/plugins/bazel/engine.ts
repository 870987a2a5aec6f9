import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BazelClient } from '../../bazel/query/bazel-client.ts';
import { WORKSPACE_MARKERS, notAWorkspace } from '../../bazel/assert-workspace.ts';
import { describeServer, findServer, stopServer } from '../../bazel/bazel-server.ts';
import { PASSED_VARIABLES, graphVariables } from '../../bazel/fingerprint/environment.ts';
import { graphFingerprint } from '../../bazel/fingerprint/graph-fingerprint.ts';
import { generateHashes } from '../../bazel/generate-hashes.ts';
import type { GeneratedHashes } from '../../bazel/generate-hashes.ts';
import { likelyNeedsBazel } from '../../bazel/graph/likely-needs-bazel.ts';
import { formatGraphHashes } from '../../bazel/hash/format-graph-hashes.ts';
import { readSeed } from '../../bazel/hash/read-inputs.ts';
import { toHashesDocument } from '../../bazel/hash/to-hashes-document.ts';
import type { HashesDocument } from '../../bazel/hashes-document.ts';
import { readHashesFile, writeHashesFile } from '../../bazel/hashes-file.ts';
import { formatImpacted } from '../../bazel/impact/format-impacted.ts';
import { impactedTargets } from '../../bazel/impact/impacted-targets.ts';
import { queryPackages } from '../../bazel/query/query-packages.ts';
import { writeOutput } from '../../platform/write-output.ts';
import type { EngineContext, EngineFlags, EngineRun, GraphEngine, Hashes } from '../../snapshot/engine.ts';
import { planOfIndex, writeIndex } from './graph-tier.ts';
import { writeMachineIndex } from './machine-index.ts';
import { samplePackages } from './sample-packages.ts';
import type { PackagesServer } from './partial-tier.ts';
import { parseFlags } from './parse-flags.ts';
import type { BazelFlags } from './parse-flags.ts';

/** Bazel as the engine of snapshots: what `dewar bazel …` does, in the work trees and with the servers of a driver. */
export const bazelGraphEngine: GraphEngine = {
  name: 'bazel',
  passedEnvironment: PASSED_VARIABLES,
  parseFlags,

  async fingerprint({ files, place, program, flags, env, extraEnv }, { emit, signal }) {
    const { options, canonical } = asBazelFlags(flags);
    return graphFingerprint({
      read: (path) => files.read(path),
      list: (directory) => files.list(directory),
      place,
      bazelPath: program,
      startupOptions: options.bazelStartupOptions,
      flags: canonical,
      seed: (await readSeed(options.seedFilepaths)).toString('hex'),
      graphEnv: graphVariables(env, extraEnv),
      env,
      emit,
      signal,
    });
  },

  async assertWorkspace(files) {
    for (const marker of WORKSPACE_MARKERS) if ((await files.read(marker)) !== undefined) return;
    throw notAWorkspace('the workspace at this commit');
  },

  async hash(run, context) {
    const { options } = asBazelFlags(run.flags);
    const { contentPath } = run;
    const result = await generateHashes(
      clientOf(run, context),
      { ...options, workspacePath: contentPath },
      { digestCache: run.contentCache, moduleGraphs: join(run.serverRoot, 'module-graphs') },
    );
    const { partial, problems } = result;
    return { hashes: new GeneratedBazelHashes(result), partial, problems };
  },

  async readHashes(path) {
    return new RecordedBazelHashes(await readHashesFile(path));
  },

  async impact(run, { starting, final, out }, context) {
    const { options, excludeExternalTargets } = asBazelFlags(run.flags);
    const impacted = await impactedTargets(
      clientOf(run, context),
      documentOf(starting),
      documentOf(final),
      undefined,
      { ...options, targetTypes: options.targetTypes, excludeExternalTargets },
    );
    await writeOutput(out, formatImpacted(impacted));
    return { impacted: impacted.labels.length };
  },

  async writeIndex(run, input, context) {
    if (!(input.hashes instanceof GeneratedBazelHashes))
      throw new TypeError('these hashes were not just made');
    const flags = asBazelFlags(run.flags);
    const { workspacePath, env } = run;
    const outputBase = outputBaseOf(run.serverRoot);
    const write = { workspacePath, outputBase, flags, env };
    const generated = input.hashes.result;
    if (run.commands === undefined) return writeIndex(write, generated, input);
    return writeMachineIndex({ ...write, machine: run, commands: run.commands }, generated, input, context);
  },

  likelyNeedsRun: likelyNeedsBazel,

  planOfIndex: (input) => planOfIndex(asBazelFlags(input.flags), input, packagesClient),

  async warmIndex(run, hashes, context) {
    if (!(hashes instanceof GeneratedBazelHashes)) throw new TypeError('these hashes were not just made');
    if (hashes.count < LARGE_GRAPH) return;
    const { options } = asBazelFlags(run.flags);
    const outputBase = packagesBaseOf(run.serverRoot);
    const client = clientOf(run, context, { outputBase, startup: [`--host_jvm_args=${FIRST_COMPILER}`] });
    const packages = samplePackages(hashes.result.graph.table, WARM_PACKAGES);
    await queryPackages(client, packages, options);
    for (const name of packages) await queryPackages(client, [name], options);
  },

  async serverAlive(serverRoot) {
    return (await findServer(outputBaseOf(serverRoot))) !== undefined;
  },

  anyServerAlive,

  async stopServer(serverRoot) {
    await Promise.all([stopServer(outputBaseOf(serverRoot)), stopServer(packagesBaseOf(serverRoot))]);
  },
};

/** Hashes of this engine, wherever they come from. */
interface BazelHashes extends Hashes {
  readonly document: HashesDocument;
}

class RecordedBazelHashes implements BazelHashes {
  readonly document: HashesDocument;

  constructor(document: HashesDocument) {
    this.document = document;
  }

  get count(): number {
    return this.document.hashes.size;
  }

  entries(): Iterable<[string, string]> {
    return this.document.hashes;
  }

  async write(path: string): Promise<void> {
    await writeHashesFile(path, this.document);
  }
}

class GeneratedBazelHashes implements BazelHashes {
  readonly result: GeneratedHashes;

  constructor(result: GeneratedHashes) {
    this.result = result;
  }

  get document(): HashesDocument {
    const { graph, selection, moduleGraphJson } = this.result;
    return { ...toHashesDocument(graph, selection), moduleGraphJson };
  }

  get count(): number {
    return this.result.graph.table.targetCount;
  }

  entries(): Iterable<[string, string]> {
    return this.document.hashes;
  }

  async write(path: string): Promise<void> {
    const { graph, selection, moduleGraphJson } = this.result;
    await writeOutput(path, formatGraphHashes(graph, selection, moduleGraphJson));
  }
}

async function anyServerAlive(serverRoot: string): Promise<boolean> {
  const found = await Promise.all([
    findServer(packagesBaseOf(serverRoot)),
    findServer(outputBaseOf(serverRoot)),
  ]);
  return found.some((pid) => pid !== undefined);
}

/** The server that has no graph loaded, if it runs; where none runs, the one that starts faster. */
async function packagesClient(run: EngineRun, context: EngineContext): Promise<PackagesServer> {
  // A machine has one server; what runs on this host under such a path is none of it.
  if (run.commands !== undefined) return { client: clientOf(run, context), ownsState: false };
  const small = packagesBaseOf(run.serverRoot);
  const server = await describeServer(small);
  const startsFast = server === undefined || server.words.includes(FIRST_COMPILER);
  // One that `warmIndex` has used has brought the repositories that packages need.
  const isBest =
    server !== undefined ||
    (existsSync(small) && (await findServer(outputBaseOf(run.serverRoot))) === undefined);
  if (!isBest) return { client: clientOf(run, context), ownsState: false };
  // Other options than those that it was started with would end it.
  const startup = startsFast ? [`--host_jvm_args=${FIRST_COMPILER}`] : [];
  return { client: clientOf(run, context, { outputBase: small, startup }), ownsState: true };
}

/** Of a server that answers at once: code that is compiled better is ready too late, and compiling takes the processor from it. */
const FIRST_COMPILER = '-XX:TieredStopAtLevel=1';

/** The server that has the whole graph when absent. */
interface ServerChoice {
  outputBase?: string;
  startup?: readonly string[];
}

export function clientOf(
  run: EngineRun,
  { emit, signal }: EngineContext,
  { outputBase = outputBaseOf(run.serverRoot), startup = [] }: ServerChoice = {},
): BazelClient {
  const { options } = asBazelFlags(run.flags);
  return new BazelClient({
    bazelPath: run.program,
    commands: run.commands,
    workspacePath: run.workspacePath,
    startupOptions: [
      ...(run.commands === undefined ? [] : GUEST_OPTIONS),
      ...startup,
      ...options.bazelStartupOptions,
      `--output_base=${outputBase}`,
      `--max_idle_secs=${run.serverIdleSeconds}`,
    ],
    env: run.env,
    emit,
    signal,
    deadlineMs: run.deadlineMs,
  });
}

/** A server that starts in an emulated guest on a busy host takes longer than the two minutes that Bazel waits by itself. */
const GUEST_OPTIONS = ['--local_startup_timeout_secs=900'];

function outputBaseOf(serverRoot: string): string {
  return join(serverRoot, 'output_base');
}

/** From this many targets on, a server of its own for single packages is worth its memory. */
const LARGE_GRAPH = 20_000;
/** Asked for together and one by one, so that Bazel's code is compiled and what most packages load is there. */
const WARM_PACKAGES = 12;

/** A server that is asked for single packages stays small: each command looks at every file of the graph it has loaded. */
function packagesBaseOf(serverRoot: string): string {
  return join(serverRoot, 'packages_base');
}

function documentOf(hashes: Hashes): HashesDocument {
  if ('document' in hashes) return (hashes as BazelHashes).document;
  throw new TypeError('these hashes are not of the Bazel engine');
}

export function asBazelFlags(flags: EngineFlags): BazelFlags {
  if ('options' in flags) return flags as BazelFlags;
  throw new TypeError('these flags are not of the Bazel engine');
}
