import { createHash } from 'node:crypto';
import type { Emit } from '../core/events.ts';
import { commitFiles } from '../platform/git-files.ts';
import { hasUncommittedChanges, openRepository, resolveCommit } from '../platform/git-repository.ts';
import type { Repository } from '../platform/git-repository.ts';
import type { EngineFlags, EngineRun, Fingerprint, GraphEngine } from './engine.ts';
import { passedEnvironment } from './passed-environment.ts';
import type { Machine } from '../vmm/driver.ts';

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
}

export interface RunContext {
  emit: Emit;
  signal: AbortSignal;
}

/** A workspace, and how the engine runs in it. */
export interface WorkspaceView {
  repository: Repository;
  flags: EngineFlags;
  /** @throws DewarError UNKNOWN_REVISION */
  commit(revision: string): Promise<string>;
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
  const { program, extraEnv } = settings;
  const flags = engine.parseFlags(settings.flags);
  const env = passedEnvironment(settings.env, engine.passedEnvironment, extraEnv);
  const repository = await openRepository(settings.workspace, { env: settings.env, signal: context.signal });
  if (await hasUncommittedChanges(repository, context.signal))
    context.emit({
      type: 'note',
      message: `uncommitted changes in ${settings.workspace} are not part of the answer`,
    });
  return {
    repository,
    flags,
    commit: (revision) => resolveCommit(repository, revision, context.signal),
    async fingerprint(commit) {
      const files = commitFiles(repository, commit, context.signal);
      await engine.assertWorkspace(files);
      const found = await engine.fingerprint({ files, program, flags, env, extraEnv }, context);
      return withWorkspace(found, repository.prefix);
    },
    engineRun: (machine, deadlineMs) => ({
      workspacePath: machine.workspacePath,
      serverRoot: machine.serverRoot,
      program,
      flags,
      env,
      deadlineMs,
      serverIdleSeconds: machine.serverIdleSeconds,
    }),
  };
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
