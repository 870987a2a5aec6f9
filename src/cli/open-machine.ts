import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { Emit } from '../core/events.ts';
import type { StatePaths } from '../workspace/state-paths.ts';
import type { WorkspaceContext } from '../workspace/workspace-context.ts';
import type { CommandInput } from './command.ts';
import { usageError } from './usage-error.ts';

/** A workspace, and the machine of it that the user means. */
export interface OpenMachine {
  config: ResolvedConfig;
  paths: StatePaths;
  /** Of the machine. */
  name: string;
  fork: string | undefined;
  context: WorkspaceContext;
}

interface Options {
  readonly workspace: string | undefined;
  readonly machine: string | undefined;
  /** In place of the config's. */
  readonly driver?: string | undefined;
}
type Input = Pick<CommandInput<Options, unknown>, 'options' | 'emit' | 'signal' | 'env' | 'cwd' | 'version'>;

/**
 * Loads the config of the workspace that a command is about.
 * @param checksFiles false for who works with a machine that is there, whatever has become of the files that the config names
 * @throws DewarError as `loadWorkspace`
 */
export async function openMachine(
  input: Input,
  { checksFiles = true }: { checksFiles?: boolean } = {},
): Promise<OpenMachine> {
  const { options, cwd, env, signal } = input;
  const { openWorkspace } = await import('./open-workspace.ts');
  const { statePaths } = await import('../workspace/state-paths.ts');
  const { machineName } = await import('../workspace/machine-name.ts');
  const { workspace, machine: fork, driver } = options;
  if (fork !== undefined) checkName(fork);
  const loaded = await openWorkspace({ workspace, cwd, env, signal, checksFiles });
  const config = driver === undefined ? loaded : { ...loaded, driver };
  return {
    config,
    fork,
    paths: statePaths(config.directory, fork),
    name: machineName(config, fork),
    context: await workspaceContext(input),
  };
}

/** What work on workspaces needs, where there may be none here. */
export async function workspaceContext({
  emit,
  signal,
  env,
  version,
}: Pick<Input, 'signal' | 'env' | 'version'> & { emit: Emit }): Promise<WorkspaceContext> {
  const { loadWorkspaceDriver } = await import('../builtins.ts');
  const { ensureWorkspaceImage } = await import('../image/ensure-workspace-image.ts');
  return {
    env,
    emit,
    signal,
    loadDriver: (name) => loadWorkspaceDriver(name, env),
    chooseDriver: async () => (await import('./driver-candidates.ts')).chooseWorkspaceDriver(env),
    ensureImage: async (config) =>
      (
        await ensureWorkspaceImage(
          { image: config.image, packages: config.packages, directory: config.directory },
          { toolVersion: version, env, emit, signal },
        )
      ).image,
  };
}

/** @throws DewarError USAGE */
function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return;
  throw usageError('', `${JSON.stringify(name)} is no name of a machine: use 1 to 32 of a-z, 0-9 and -`);
}
