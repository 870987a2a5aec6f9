import { createHash } from 'node:crypto';
import type { Emit } from '../core/events.ts';
import { nearestAncestor } from '../platform/git-ancestry.ts';
import type { NearestAncestor } from '../platform/git-ancestry.ts';
import { diffCommits } from '../platform/git-diff.ts';
import type { CommitDiff } from '../platform/git-diff.ts';
import { commitFiles } from '../platform/git-files.ts';
import { openRepository, resolveCommit } from '../platform/git-repository.ts';
import type { Repository } from '../platform/git-repository.ts';
import type { EngineFlags, EngineRun, Fingerprint, GraphEngine } from './engine.ts';
import { passedEnvironment } from './passed-environment.ts';
import { UncommittedNote } from './uncommitted-note.ts';
import type { Machine, MachinePlace } from '../vmm/driver.ts';

export interface EngineSettings {
  /** The workspace directory; it may be inside a repository's work tree. */
  workspace: string;
  program: string | undefined;
  /** As the user typed them. */
  flags: readonly string[];
  /** Names of variables to pass to the engine's programs. */
  extraEnv: readonly string[];
  /** The caller's environment. */
  env: Readonly<Record<string, string>>;
  /** The machines that the engine's programs run in; absent: this host. */
  place?: MachinePlace | undefined;
}

export interface RunContext {
  emit: Emit;
  signal: AbortSignal;
}

/** A workspace, and how the engine runs in it. Its disposal ends what still runs on the side. */
export interface WorkspaceView extends AsyncDisposable {
  repository: Repository;
  flags: EngineFlags;
  /** @throws DewarError UNKNOWN_REVISION */
  commit(revision: string): Promise<string>;
  /** Tells the user, some time soon, of uncommitted changes, where they may be taken for a part of this commit. */
  noteUncommitted(commit: string): void;
  /** The nearest ancestor of a commit among some; git is asked once. */
  nearest(commit: string, candidates: readonly string[]): Promise<NearestAncestor>;
  /** What differs between two commits; git is asked once. */
  changes(base: string, target: string): Promise<CommitDiff>;
  /** @throws DewarError NOT_A_WORKSPACE */
  fingerprint(commit: string): Promise<Fingerprint>;
  engineRun(machine: Machine, deadlineMs?: number): EngineRun;
}

/**
 * @throws DewarError NOT_A_GIT_REPOSITORY, BAD_FLAG, BAD_ENV
 */
export async function openWorkspace(
  engine: GraphEngine,
  settings: EngineSettings,
  context: RunContext,
): Promise<WorkspaceView> {
  const { program, extraEnv, place } = settings;
  const flags = engine.parseFlags(settings.flags);
  const env =
    place === undefined
      ? passedEnvironment(settings.env, engine.passedEnvironment, extraEnv)
      : { ...place.env, ...passedEnvironment(settings.env, [], extraEnv) };
  const repository = await openRepository(settings.workspace, { env: settings.env, signal: context.signal });
  const aside = new UncommittedNote(repository, settings.workspace, context);
  const ancestors = new Map<string, Promise<NearestAncestor>>();
  const diffs = new Map<string, Promise<CommitDiff>>();
  return {
    repository,
    flags,
    commit: (revision) => resolveCommit(repository, revision, context.signal),
    noteUncommitted: (commit) => {
      if (commit === repository.head) aside.start();
    },
    nearest: (commit, candidates) =>
      remembered(ancestors, [commit, ...candidates], () =>
        nearestAncestor(repository, commit, candidates, context.signal),
      ),
    changes: (base, target) =>
      remembered(diffs, [base, target], () => diffCommits(repository, base, target, context.signal)),
    async fingerprint(commit) {
      const files = commitFiles(repository, commit, context.signal);
      // At one time, so that one run of git reads for both; that it is no workspace is the first thing to say.
      const [asserted, found] = await Promise.allSettled([
        engine.assertWorkspace(files),
        engine.fingerprint({ files, place, program, flags, env, extraEnv }, context),
      ]);
      if (asserted.status === 'rejected') throw asserted.reason;
      if (found.status === 'rejected') throw found.reason;
      return withWorkspace(found.value, repository.prefix);
    },
    engineRun: (machine, deadlineMs) => ({
      commands: machine.commands,
      workspacePath: machine.workspacePath,
      contentPath: machine.contentPath,
      changedPaths: machine.changedPaths,
      contentCache: machine.contentCache,
      serverRoot: machine.serverRoot,
      program,
      flags,
      env,
      deadlineMs,
      serverIdleSeconds: machine.serverIdleSeconds,
    }),
    [Symbol.asyncDispose]: () => aside.end(),
  };
}

function remembered<T>(
  known: Map<string, Promise<T>>,
  commits: readonly string[],
  ask: () => Promise<T>,
): Promise<T> {
  const key = commits.join(' ');
  const answer = known.get(key) ?? ask();
  known.set(key, answer);
  return answer;
}

/** Two workspaces of one repository have one commit and may have one fingerprint; their bundles differ all the same. */
function withWorkspace(fingerprint: Fingerprint, workspace: string): Fingerprint {
  if (workspace === '') return fingerprint;
  const component = { name: 'workspace', digest: sha256(workspace), summary: workspace };
  return {
    digest: sha256(`${fingerprint.digest}\0${workspace}`),
    components: [...fingerprint.components, component],
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
