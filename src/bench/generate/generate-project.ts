import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { feedCommand } from '../../platform/feed-command.ts';
import { runCommand } from '../../platform/run-command.ts';
import { COMMIT_KINDS, EXTRA_KINDS } from './commit-plans.ts';
import type { CommitKind, ExtraKind } from './commit-plans.ts';
import { BASE_REF, commitRef, fastImportStream } from './fast-import-stream.ts';
import { countTargets, projectSpec } from './project-spec.ts';
import type { ProjectSpec } from './project-spec.ts';
import { takeDirectory } from './take-directory.ts';

export interface GenerateContext {
  emit: Emit;
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

export interface GeneratedProject {
  /** Absolute path of the work tree, checked out at the base commit on branch `main`. */
  out: string;
  base_sha: string;
  /** Each a child of the base commit, kept by the branch `bench/<kind>`. */
  commits: Record<CommitKind, string>;
  /** The same for what only measurements need. */
  extra_commits: Record<ExtraKind, string>;
  /** Rules + source files + generated files of `//...:all-targets` at the base commit. */
  targets: number;
  packages: number;
  targets_per_package: number;
  layers: number;
  seed: number;
}

/**
 * Writes a layered Bazel project with a git history into `out`, which must be absent or empty.
 * The same spec gives the same commits, whatever the user's git settings are.
 * @throws DewarError BENCH_BAD_SIZE, BENCH_OUT_NOT_EMPTY, BENCH_OUT_UNUSABLE, BENCH_GIT_FAILED, COMMAND_NOT_FOUND, INTERRUPTED
 */
export async function generateProject(
  sizes: ProjectSpec,
  out: string,
  context: GenerateContext,
): Promise<GeneratedProject> {
  const spec = projectSpec(sizes);
  const directory = resolve(out);
  await takeDirectory(directory);
  const git = gitIn(directory, context);
  try {
    await git('init', '--quiet', '--template=', '--object-format=sha1', '--initial-branch=main');
    await git('config', 'core.autocrlf', 'false');
    await importHistory(spec, directory, context);
    await git('checkout', '--quiet', '--force', 'main');
    return await describe(spec, directory, git);
  } catch (error) {
    for (const entry of await readdir(directory))
      await rm(join(directory, entry), { recursive: true, force: true });
    throw error;
  }
}

async function importHistory(spec: ProjectSpec, directory: string, context: GenerateContext): Promise<void> {
  context.emit({
    type: 'phase',
    phase: 'generate',
    message: `generating ${countTargets(spec)} targets in ${spec.packages} packages`,
  });
  const started = performance.now();
  const args = ['fast-import', '--quiet', '--done'];
  const imported = await feedCommand('git', args, fastImportStream(spec), {
    cwd: directory,
    env: gitEnvironment(context.env),
    signal: context.signal,
  });
  if (imported.exitCode !== 0) throw gitFailed(args, directory, imported.stderr);
  context.emit({ type: 'phase-done', phase: 'generate', ms: performance.now() - started });
}

type Git = (...args: string[]) => Promise<string>;

function gitIn(directory: string, context: GenerateContext): Git {
  return async (...args) => {
    const result = await runCommand('git', args, {
      cwd: directory,
      env: gitEnvironment(context.env),
      signal: context.signal,
    });
    if (result.exitCode !== 0) throw gitFailed(args, directory, result.stderr);
    return result.stdout.toString('utf8');
  };
}

async function describe(spec: ProjectSpec, out: string, git: Git): Promise<GeneratedProject> {
  const kinds = [...COMMIT_KINDS, ...EXTRA_KINDS];
  const [base = '', ...shas] = (await git('rev-parse', BASE_REF, ...kinds.map(commitRef))).trim().split('\n');
  const shaOf = (kind: CommitKind | ExtraKind): string => shas[kinds.indexOf(kind)] ?? '';
  return {
    out,
    base_sha: base,
    commits: Object.fromEntries(COMMIT_KINDS.map((kind) => [kind, shaOf(kind)])) as Record<
      CommitKind,
      string
    >,
    extra_commits: { sources: shaOf('sources') },
    targets: countTargets(spec),
    packages: spec.packages,
    targets_per_package: spec.targetsPerPackage,
    layers: spec.layers,
    seed: spec.seed,
  };
}

/** Without the user's and the system's settings, hooks and templates, and without a caller's GIT_DIR and its like. */
function gitEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(kept),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  };
}

function gitFailed(args: readonly string[], directory: string, stderr: string): DewarError {
  return new DewarError({
    code: 'BENCH_GIT_FAILED',
    message: `git ${args[0] ?? ''} failed in ${directory}: ${stderr.trim()}`,
    mend: 'free space on that file system, or update git to 2.28 or later',
  });
}
