import { findServer } from '../../bazel/bazel-server.ts';
import { queryExpression } from '../../bazel/query/query-expression.ts';
import { DewarError } from '../../core/errors.ts';
import { runDewar } from '../measure/run-dewar.ts';
import type { DewarCost } from '../measure/run-dewar.ts';
import { timeProcess } from '../measure/time-process.ts';
import type { ProcessCost } from '../measure/time-process.ts';
import type { Lab } from './lab.ts';

/** A work tree, and the output base of the Bazel server that serves it. */
export interface Bench {
  workspace: string;
  outputBase: string;
}

/** The query that generate-hashes sends, by hand: `bazel query … > /dev/null`. */
export async function bareQuery(
  lab: Lab,
  bench: Bench,
  withExternal: boolean,
  allowed: readonly number[] = [0],
): Promise<ProcessCost> {
  return timeProcess({
    ...processOf(lab, bench.workspace),
    allowed,
    file: lab.context.bazel,
    args: [
      `--output_base=${bench.outputBase}`,
      'query',
      '--output',
      'streamed_proto',
      '--proto:instantiation_stack',
      '--order_output=no',
      '--keep_going',
      queryExpression({}, [], withExternal),
    ],
  });
}

export async function generateHashes(lab: Lab, bench: Bench, out: string): Promise<DewarCost> {
  return runDewar(
    lab.context.dewar,
    ['bazel', 'generate-hashes', ...workspaceArgs(lab, bench), out],
    processOf(lab, bench.workspace),
  );
}

export async function getImpactedTargets(
  lab: Lab,
  bench: Bench,
  files: { starting: string; final: string; out: string },
): Promise<DewarCost> {
  const { starting, final, out } = files;
  return runDewar(
    lab.context.dewar,
    ['bazel', 'get-impacted-targets', ...workspaceArgs(lab, bench), '-sh', starting, '-fh', final, '-o', out],
    processOf(lab, bench.workspace),
  );
}

/**
 * Runs work that must not make Bazel start its server again, which differing startup options would do.
 * @throws DewarError BENCH_SERVER_RESTARTED, and whatever the work throws
 */
export async function onSameServer<T>(outputBase: string, work: () => Promise<T>): Promise<T> {
  const before = await findServer(outputBase);
  const result = await work();
  const after = await findServer(outputBase);
  if (before !== undefined && before === after) return result;
  throw new DewarError({
    code: 'BENCH_SERVER_RESTARTED',
    message: `the Bazel server of ${outputBase} was process ${before ?? 'none'} and then ${after ?? 'none'}: what was timed as warm was not`,
    mend: 'measure again with more free memory; if it stays, the engine passes startup options of its own',
  });
}

function workspaceArgs(lab: Lab, { workspace, outputBase }: Bench): string[] {
  return ['-w', workspace, '-b', lab.context.bazel, '-so', `--output_base=${outputBase}`];
}

function processOf(
  lab: Lab,
  cwd: string,
): { cwd: string; env: Readonly<Record<string, string>>; signal: AbortSignal } {
  return { cwd, env: lab.context.env, signal: lab.context.signal };
}
