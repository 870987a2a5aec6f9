import { resolve } from 'node:path';
import { findPlugin, PLUGIN_NAMES, WORKSPACE_DRIVERS } from '../builtins.ts';
import { hideFromPrograms } from '../platform/child-env.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';

export interface OpenWorkspaceInput {
  /** What the user gave with `--workspace`. */
  workspace: string | undefined;
  cwd: string;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** As `loadWorkspace` has it. */
  checksFiles?: boolean | undefined;
}

/**
 * Loads the config of the workspace that a command is about.
 * @throws DewarError as `loadWorkspace` does
 */
export async function openWorkspace(input: OpenWorkspaceInput): Promise<ResolvedConfig> {
  const { workspace, cwd, env, signal, checksFiles } = input;
  const { loadWorkspace } = await import('../config/load-workspace.ts');
  const { checkConfigTrust } = await import('../workspace/check-config-trust.ts');
  const config = await loadWorkspace({
    beforeLoading: (file) => checkConfigTrust(file, env),
    cwd,
    named: workspace === undefined ? undefined : resolve(cwd, workspace),
    env,
    plugins: { names: PLUGIN_NAMES, find: findPlugin },
    drivers: WORKSPACE_DRIVERS,
    api: () => import('../public/index.ts'),
    signal,
    checksFiles,
  });
  hideFromPrograms(secretVariables(config.env));
  return config;
}

/** What programs of this host work with is theirs, also where the guest gets it. */
const NEEDED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|PWD|TERM|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|LD_\w+|DEWAR_\w+|(https?|ftp|all|no)_proxy)$/i;

/** @returns names of the variables whose values are for the guest: QEMU, ssh and all others live without them */
function secretVariables(env: ResolvedConfig['env']): string[] {
  return Object.values(env).flatMap((value) =>
    typeof value === 'string' || NEEDED.test(value.fromEnv) ? [] : [value.fromEnv],
  );
}
