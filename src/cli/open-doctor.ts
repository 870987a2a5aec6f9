import type { ResolvedConfig } from '../config/resolved-config.ts';
import { DewarError } from '../core/errors.ts';
import type { DoctorContext } from '../workspace/doctor/check.ts';
import type { CommandInput } from './command.ts';

interface Options {
  readonly workspace: string | undefined;
}

/** What the checks of this host and the workspace here need. */
export async function openDoctor({
  options: { workspace },
  env,
  cwd,
  signal,
}: Pick<CommandInput<Options, unknown>, 'options' | 'env' | 'cwd' | 'signal'>): Promise<DoctorContext> {
  const { PLUGIN_NAMES, examineDriver, findPlugin, loadWorkspaceDriver } = await import('../builtins.ts');
  const { openWorkspace } = await import('./open-workspace.ts');
  const plugins = await Promise.all(PLUGIN_NAMES.map(findPlugin));
  // Several checks ask for it; code of a config runs once.
  let loaded: Promise<ResolvedConfig | undefined> | undefined;
  return {
    env,
    signal,
    driver: await examineDriver(env),
    workspace: () =>
      (loaded ??= openWorkspace({ workspace, cwd, env, signal }).catch((error: unknown) => {
        const isNone = error instanceof DewarError && error.code === 'NO_CONFIG';
        if (isNone && workspace === undefined) return undefined;
        throw error;
      })),
    caches: plugins.flatMap((plugin) => plugin?.caches ?? []),
    loadDriver: (name) => loadWorkspaceDriver(name, env),
  };
}
