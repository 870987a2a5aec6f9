import { join, resolve } from 'node:path';
import { EXIT } from '../../core/exit-codes.ts';
import { VERIFY_CACHE } from '../../core/names.ts';
import { TIERS } from '../../snapshot/verify-report.ts';
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
  name: 'verify',
  summary: 'answer for one pair of commits by every tier, and compare the answers',
  description: `Runs each tier that consume knows, and a cold run of both commits that uses nothing recorded. The impacted targets and the hashes of the target commit must be equal byte for byte, as must the base hashes of the snapshot. The graph and the partial tier are both run, where either does.

A snapshot of the store that disagrees is quarantined: nothing uses it again (dewar snapshots show). Without a store, or a snapshot of the base in it, one is recorded for this run and removed afterwards.`,
  options: {
    workspace: WORKSPACE_OPTION,
    baseSha: {
      long: 'base-sha',
      kind: 'string',
      valueName: 'revision',
      required: true,
      description: 'the commit that the target is compared with',
    },
    targetSha: {
      long: 'target-sha',
      kind: 'string',
      valueName: 'revision',
      required: true,
      description: 'the commit whose impacted targets are compared',
    },
    store: {
      long: 'store',
      kind: 'string',
      valueName: 'dir',
      description: `${STORE_OPTION.description}; a temporary one when absent`,
    },
    tiers: {
      long: 'tiers',
      kind: 'list',
      splitOn: 'comma',
      choices: TIERS,
      default: TIERS,
      description: 'which to run; cold always runs, since the others are compared with it',
    },
    report: {
      long: 'json',
      kind: 'string',
      valueName: 'file',
      description: 'write the report there as JSON; - is stdout',
    },
    ...ENGINE_OPTIONS,
    deadline: {
      long: 'deadline',
      kind: 'number',
      valueName: 'seconds',
      default: 1800,
      min: 0.001,
      max: 604_800,
      description: 'time for each warm tier, which counts as failed then',
    },
  },
  json: 'own',
  exitCodes: { 0: 'no answer differs', 1: 'a tier failed, or an error', 3: 'an answer differs' },
  examples: [
    {
      command: 'dewar verify --base-sha HEAD~1 --target-sha HEAD --store /var/cache/dewar-store',
      description: 'check a snapshot with the newest commit',
    },
  ],
  run: async ({ options, emit, signal, env, cwd, version }) => {
    const { loadEngine } = await import('../../builtins.ts');
    const { openSnapshotDriver } = await import('../open-snapshot-driver.ts');
    const { cacheDirectory } = await import('../../platform/cache-directory.ts');
    const { assertWritableOutput, writeOutput } = await import('../../platform/write-output.ts');
    const { verify } = await import('../../snapshot/verify.ts');
    const { verifyText } = await import('../../snapshot/verify-text.ts');
    const reportPath =
      options.report === undefined || options.report === '-' ? undefined : resolve(cwd, options.report);
    if (reportPath !== undefined) await assertWritableOutput(reportPath);
    const engine = await loadEngine();
    const ownCache = { ...env, DEWAR_CACHE_DIR: join(cacheDirectory(env), VERIFY_CACHE) };
    const about = {
      workspace: resolve(cwd, options.workspace),
      base: options.baseSha,
      target: options.targetSha,
    };
    const store = options.store === undefined ? undefined : resolve(cwd, options.store);
    const {
      driver,
      again,
      report: choice,
    } = await openSnapshotDriver({
      driver: options.driver,
      bazel: programOf(options.bazel, cwd),
      settings: machineSettings('verify', options, cwd),
      engine,
      env,
      emit,
      signal,
      recorded: store === undefined ? undefined : { ...about, store },
    });
    const verified = await verify(
      {
        ...about,
        store,
        tiers: options.tiers,
        program: programOf(options.bazel, cwd),
        flags: options.flags,
        extraEnv: options.env,
        env,
        deadlineMs: options.deadline * 1000,
        toolVersion: version,
      },
      {
        engine,
        driver,
        temporary: await again(ownCache),
      },
      { emit, signal },
    );
    const report = { ...verified, ...choice };
    if (reportPath !== undefined) await writeOutput(reportPath, `${JSON.stringify(report, null, 2)}\n`);
    const failed = report.tiers.some(({ outcome }) => outcome === 'failed');
    const exitCode = !report.agrees ? EXIT.disagreed : failed ? EXIT.error : EXIT.ok;
    return options.report === '-' ? { data: report, exitCode } : { text: verifyText(report), exitCode };
  },
});
