import type { Emit } from '../core/events.ts';
import type { CommandHost } from '../platform/command-host.ts';
import type { PathChange } from '../platform/git-diff.ts';

/** What a snapshot needs of a build-graph engine. `src/plugins/bazel/` has Bazel's. */
export interface GraphEngine {
  readonly name: string;
  /**
   * Parses the `--flag` values that record and consume share.
   * @throws DewarError BAD_FLAG for a flag that is unknown, or that the driver or the command owns
   */
  parseFlags(flags: readonly string[]): EngineFlags;
  /** Fingerprint of a workspace whose files are read through `input.files` (a work tree or a git tree). */
  fingerprint(input: FingerprintInput, context: EngineContext): Promise<Fingerprint>;
  /** Throws DewarError NOT_A_WORKSPACE when `files` shows no workspace root of this engine. */
  assertWorkspace(files: WorkspaceFiles): Promise<void>;
  /** Queries the whole graph of the work tree `run.workspacePath` and hashes it. */
  hash(run: EngineRun, context: EngineContext): Promise<HashOutcome>;
  /** @throws DewarError BAD_HASHES_FILE */
  readHashes(path: string): Promise<Hashes>;
  /** Writes the impacted targets to `out` (the format of `get-impacted-targets`); `run` is at the target commit. */
  impact(run: EngineRun, input: ImpactInput, context: EngineContext): Promise<{ impacted: number }>;
  /**
   * Writes an index of the graph that `hash` has just made in `run`, for `planOfIndex`.
   * @returns why none can be written; undefined when it was
   */
  writeIndex(run: EngineRun, input: IndexInput, context: EngineContext): Promise<string | undefined>;
  /** A guess that costs nothing: whether an answer for these changes, from an index or not, needs a program. */
  likelyNeedsRun(changes: readonly PathChange[]): boolean;
  /**
   * Finds out how an index can answer for some changes since its commit. Needs no program and no work tree.
   * @throws DewarError BAD_GRAPH_INDEX
   */
  planOfIndex(input: IndexPlanInput, context: EngineContext): Promise<IndexPlan>;
  /** Makes ready what answers `IndexPlan`s of some packages fast, where the graph that `hash` has just made needs it. */
  warmIndex(run: EngineRun, hashes: Hashes, context: EngineContext): Promise<void>;
  /** Whether the server of `serverRoot` that has the whole graph runs right now. */
  serverAlive(serverRoot: string): Promise<boolean>;
  /** Whether any server of `serverRoot` runs right now. */
  anyServerAlive(serverRoot: string): Promise<boolean>;
  /** Ends the server of `serverRoot`, politely and then by force, whoever started it; does nothing when there is none. */
  stopServer(serverRoot: string): Promise<void>;
  /** Names of the environment variables (exact, or a prefix that ends in `*`) that reach the engine's programs. */
  readonly passedEnvironment: readonly string[];
}

/** Parsed flags; opaque outside the engine that made them. */
export interface EngineFlags {
  /** The flags in one canonical order and spelling, for manifests and reports. */
  readonly canonical: readonly string[];
}

/** The hashes of one commit; opaque outside the engine that made them. */
export interface Hashes {
  readonly count: number;
  /** Value by label, for those who look for differences. */
  entries(): Iterable<[string, string]>;
  write(path: string): Promise<void>;
}

export interface HashOutcome {
  hashes: Hashes;
  /** True when errors in the graph made the result partial (`--keep_going`): such a result is never recorded. */
  partial: boolean;
  /** Why it is partial: the first lines of what the build tool said. */
  problems: readonly string[];
}

export interface ImpactInput {
  starting: Hashes;
  final: Hashes;
  out: string;
}

export interface IndexInput {
  hashes: Hashes;
  /** Output of `git ls-tree -r -z` of the workspace at the commit. */
  tree: Buffer;
  /** Attributes that hold for all commits (`$GIT_DIR/info/attributes`). */
  attributes: string;
  path: string;
  identity: IndexIdentity;
}

/** What an index is of: one of anything else is refused. */
export interface IndexIdentity {
  commit: string;
  fingerprint: string;
}

export interface IndexPlanInput {
  index: string;
  identity: IndexIdentity;
  flags: EngineFlags;
  changes: readonly PathChange[];
  /** `partial`: no plan of the graph tier is wanted, even where it would do. */
  least?: 'graph' | 'partial';
}

/** Where an answer goes. */
export interface AnswerFiles {
  /** The impacted targets, in the format of `get-impacted-targets`. */
  impacted: string;
  /** The hashes of the target commit; not wanted when undefined. */
  hashes?: string | undefined;
}

/** How an index can answer; each plan is good for one answer. */
export type IndexPlan =
  /** Nothing but contents changed that the engine never reads: it needs no program and no work tree. */
  | {
      tier: 'graph';
      /** @param read gives the new contents of some of the changes, in order */
      answer(
        read: (changes: readonly PathChange[]) => Promise<readonly Uint8Array[]>,
        files: AnswerFiles,
      ): Promise<{ impacted: number }>;
      costs: IndexCosts;
    }
  /** Some packages must be asked again; the rest of the graph is the same. */
  | {
      tier: 'partial';
      packages: readonly string[];
      /**
       * @param run at the target commit
       * @throws DewarError of any code: the plan was of no use
       */
      answer(run: EngineRun, files: AnswerFiles, context: EngineContext): Promise<{ impacted: number }>;
      costs: IndexCosts;
    }
  /** Why only a query of everything can tell. */
  | { tier: undefined; why: string };

/** What was read of an index so far: bytes, and milliseconds spent in reading and checking them. */
export interface IndexCosts {
  readonly bytes: number;
  readonly ms: number;
}

/** A work tree, and the directory in which the engine keeps its server (Bazel's output base). */
export interface EngineRun {
  /** Where the build tool's program runs, which `workspacePath` and `serverRoot` are paths of; this host when absent. */
  commands?: CommandHost | undefined;
  workspacePath: string;
  serverRoot: string;
  /** The same work tree on this host. */
  contentPath: string;
  /**
   * Finds the paths of the work tree that are no longer as they were checked out, new and ignored ones too; relative to
   * `workspacePath`. Absent where that is a work tree of this host.
   */
  changedPaths?: ((context: EngineContext) => Promise<readonly string[]>) | undefined;
  /** A file of this host for what is worth keeping about the contents of this work tree. */
  contentCache: string;
  /** The build tool's program; undefined: the one on PATH. */
  program: string | undefined;
  flags: EngineFlags;
  env: Readonly<Record<string, string>>;
  deadlineMs?: number | undefined;
  /** Seconds of idleness after which the server ends by itself. */
  serverIdleSeconds: number;
}

export interface EngineContext {
  emit: Emit;
  signal?: AbortSignal | undefined;
}

/** Read access to the files of a workspace, as they are on disk or in a commit. */
export interface WorkspaceFiles {
  /** @param path relative to the workspace root, with `/` @returns undefined when there is no such regular file */
  read(path: string): Promise<Buffer | undefined>;
  /** @returns paths of all files below a directory, relative to it; none where there is no such directory */
  list(directory: string): Promise<readonly string[]>;
}

export interface FingerprintInput {
  files: WorkspaceFiles;
  /** The machines that the engine's programs run in, and that `program` and `env` are of; absent: this host. */
  place?: { digest: string; summary: string } | undefined;
  program: string | undefined;
  flags: EngineFlags;
  /** All that the engine's programs will get. */
  env: Readonly<Record<string, string>>;
  /** Names that the user asked for with `--env`: their values, or their absence, are part of the fingerprint. */
  extraEnv: readonly string[];
}

/** sha256 over everything, other than the commit, that can change the build graph. */
export interface Fingerprint {
  /** Lower-case hex, 64 digits. */
  digest: string;
  /** One per part, in a fixed order, so that a mismatch can be explained. */
  components: readonly { name: string; digest: string; summary: string }[];
}
