import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import {
  ENGINE_OPTIONS,
  machineSettings,
  programOf,
  STORE_OPTION,
  WORKSPACE_OPTION,
} from './snapshot-options.ts';

export const command: CommandSpec = defineCommand({
  name: 'record',
  summary: 'record the build graph of a commit, and keep its Bazel server warm',
  description: `Checks the commit out in a git work tree of dewar's own, hashes all its targets, and seals the hashes in the store. The Bazel server and the work tree stay, so that consume can ask them again.

Your own work tree, index and branches are not touched; uncommitted changes are not recorded. A commit that is recorded already is left as it is.`,
  options: {
    workspace: WORKSPACE_OPTION,
    baseSha: {
      long: 'base-sha',
      kind: 'string',
      valueName: 'revision',
      required: true,
      description: 'the commit to record',
    },
    store: { ...STORE_OPTION, description: 'the directory of the snapshots; made when absent' },
    ...ENGINE_OPTIONS,
    force: {
      long: 'force',
      kind: 'boolean',
      description: 'record again when the store has the commit already',
    },
    deadline: {
      long: 'deadline',
      kind: 'number',
      valueName: 'seconds',
      default: 7200,
      min: 0.001,
      max: 604_800,
      description: 'time for all of it, after which nothing is recorded and nothing is left running',
    },
  },
  examples: [
    {
      command: 'dewar record --base-sha origin/main --store /var/cache/dewar-store',
      description: 'in the CI job of the main branch',
    },
  ],
  run: async ({ options, emit, signal, env, cwd, version }) => {
    const { loadEngine } = await import('../../builtins.ts');
    const { openSnapshotDriver } = await import('../open-snapshot-driver.ts');
    const { record } = await import('../../snapshot/record.ts');
    const engine = await loadEngine();
    const { driver, report } = await openSnapshotDriver({
      driver: options.driver,
      bazel: programOf(options.bazel, cwd),
      settings: machineSettings('record', options, cwd),
      engine,
      env,
      emit,
      signal,
    });
    const recorded = await record(
      {
        workspace: resolve(cwd, options.workspace),
        store: resolve(cwd, options.store),
        base: options.baseSha,
        force: options.force,
        deadlineMs: options.deadline * 1000,
        program: programOf(options.bazel, cwd),
        flags: options.flags,
        extraEnv: options.env,
        env,
        toolVersion: version,
      },
      { engine, driver },
      { emit, signal },
    );
    const data = { ...recorded, ...report };
    const verb = data.already_recorded ? 'already recorded' : 'recorded';
    return { data, text: `${verb}: ${data.targets} targets of ${data.base_sha} in ${data.bundle}` };
  },
});
