import { resolve } from 'node:path';
import { findPlugin, PLUGIN_NAMES, WORKSPACE_DRIVERS } from '../builtins.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';

export interface OpenWorkspaceInput {
  /** What the user gave with `--workspace`. */
  workspace: string | undefined;
  cwd: string;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/**
 * Loads the config of the workspace that a command is about.
 * @throws DewarError as `loadWorkspace` does
 */
export async function openWorkspace(input: OpenWorkspaceInput): Promise<ResolvedConfig> {
  const { workspace, cwd, env, signal } = input;
  const { loadWorkspace } = await import('../config/load-workspace.ts');
  const { checkConfigTrust } = await import('../workspace/check-config-trust.ts');
  return loadWorkspace({
    beforeLoading: (file) => checkConfigTrust(file, env),
    cwd,
    named: workspace === undefined ? undefined : resolve(cwd, workspace),
    env,
    plugins: { names: PLUGIN_NAMES, find: findPlugin },
    drivers: WORKSPACE_DRIVERS,
    api: () => import('../public/index.ts'),
    signal,
  });
}
