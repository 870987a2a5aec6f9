import { resolve } from 'node:path';
import { EXIT } from '../../core/exit-codes.ts';
import type { ConsumeReport } from '../../snapshot/report.ts';
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
  name: 'consume',
  summary: 'write the targets that a commit impacts, from a snapshot or cold',
  description: `Looks for a snapshot of the nearest ancestor of the target with the same fingerprint. Where only contents of plain files changed, its graph index answers without Bazel; where only some packages did, Bazel is asked for these alone; otherwise the target is compared with it on the warm server of that snapshot. Whatever is missing, damaged, different or late leads to the cold answer: a full query of both commits on a server of its own. All ways give the same targets.

The report names the tier, the reason and the commit that was compared with; docs/consume.md explains the reasons.`,
  options: {
    workspace: WORKSPACE_OPTION,
    targetSha: {
      long: 'target-sha',
      kind: 'string',
      valueName: 'revision',
      required: true,
      description: 'the commit whose impacted targets are wanted',
    },
    store: STORE_OPTION,
    out: {
      long: 'out',
      kind: 'string',
      valueName: 'file',
      required: true,
      description: 'where the impacted targets go, one a line; written only when the answer is complete',
    },
    fallback: {
      long: 'fallback',
      kind: 'string',
      choices: ['cold', 'exit'],
      default: 'cold',
      description: 'without a warm answer: answer cold, or exit with 2',
    },
    tier: {
      long: 'tier',
      kind: 'string',
      choices: ['graph', 'partial', 'thawed', 'cold'],
      default: 'graph',
      description: 'the cheapest way to answer that may be used; a dearer one is taken where it does not do',
    },
    report: {
      long: 'json',
      kind: 'string',
      valueName: 'file',
      description: 'write the report there as JSON; - is stdout',
    },
    baseSha: {
      long: 'base-sha',
      kind: 'string',
      valueName: 'revision',
      description: 'compare with this commit, whichever snapshots there are',
    },
    ...ENGINE_OPTIONS,
    deadline: {
      long: 'deadline',
      kind: 'number',
      valueName: 'seconds',
      default: 1800,
      min: 0.001,
      max: 604_800,
      description: 'time for the warm answer, after which the answer is cold',
    },
    verifySample: {
      long: 'verify-sample',
      kind: 'number',
      valueName: 'probability',
      min: 0,
      max: 1,
      description:
        'with this probability, compare the written answer with a cold one; a wrong one is replaced, and its snapshot quarantined',
    },
  },
  json: 'own',
  exitCodes: { 0: 'answered', 1: 'error', 2: 'no warm answer (only with --fallback exit)' },
  examples: [
    {
      command:
        'dewar consume --target-sha HEAD --store /var/cache/dewar-store --out impacted.txt --json report.json',
      description: 'in the CI job of a pull request',
    },
  ],
  run: async ({ options, emit, signal, env, cwd, version }) => {
    const { loadEngine } = await import('../../builtins.ts');
    const { openSnapshotDriver } = await import('../open-snapshot-driver.ts');
    const { assertWritableOutput, writeOutput } = await import('../../platform/write-output.ts');
    const reportPath =
      options.report === undefined || options.report === '-' ? undefined : resolve(cwd, options.report);
    if (reportPath !== undefined) await assertWritableOutput(reportPath);
    const engine = await loadEngine();
    // While the driver looks for its programs, the rest of the code is loaded.
    const about = {
      workspace: resolve(cwd, options.workspace),
      store: resolve(cwd, options.store),
      target: options.targetSha,
      base: options.baseSha,
    };
    const [{ driver, report: choice }, { consume }] = await Promise.all([
      openSnapshotDriver({
        driver: options.driver,
        bazel: programOf(options.bazel, cwd),
        settings: machineSettings('consume', options, cwd),
        engine,
        env,
        emit,
        recorded: about,
        signal,
      }),
      import('../../snapshot/consume.ts'),
    ]);
    const consumed = await consume(
      {
        ...about,
        out: resolve(cwd, options.out),
        fallback: options.fallback,
        cheapestTier: options.tier,
        program: programOf(options.bazel, cwd),
        flags: options.flags,
        extraEnv: options.env,
        env,
        deadlineMs: options.deadline * 1000,
        verify:
          options.verifySample === undefined
            ? undefined
            : { probability: options.verifySample, toolVersion: version },
      },
      { engine, driver },
      { emit, signal },
    );
    const report = { ...consumed, ...choice };
    if (reportPath !== undefined) await writeOutput(reportPath, `${JSON.stringify(report, null, 2)}\n`);
    const exitCode = report.tier === null ? EXIT.noSnapshot : EXIT.ok;
    return options.report === '-'
      ? { data: report, exitCode }
      : { text: summary(report, options.out), exitCode };
  },
});

function summary(report: ConsumeReport, out: string): string {
  const why = report.detail === undefined ? report.reason : `${report.reason}: ${report.detail}`;
  if (report.tier === null) return `no warm answer (${why})`;
  const partial = report.partial === true ? '; the graph has errors: targets may be missing' : '';
  const verified = report.verified === true ? '; verified' : '';
  return `${report.impacted} impacted targets since ${report.base_sha} in ${out} (${report.tier}, ${why}${partial}${verified})`;
}
