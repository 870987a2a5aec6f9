import { bazelFailed, errorLines } from './bazel-client.ts';
import type { BazelClient } from './bazel-client.ts';
import { DewarError } from '../../core/errors.ts';
import { PASSED_OVER, STACK, queryCommand } from './query-targets.ts';
import type { QueryCommandOptions } from './query-targets.ts';
import { runQuery } from './run-query.ts';

/**
 * Asks Bazel for the targets of some packages of the main repository and of nothing else.
 * @param packages directories; each must be a package
 * @param forget of more packages than this, the server keeps nothing: it would look at all their files at each later question
 * @returns streamed_proto, in the order in which Bazel wrote it
 * @throws DewarError BAZEL_FAILED, PARTIAL_GRAPH (errors were passed over), BAZEL_NOT_FOUND, DEADLINE, INTERRUPTED
 */
export async function queryPackages(
  client: BazelClient,
  packages: readonly string[],
  options: QueryCommandOptions,
  forget: number = Number.POSITIVE_INFINITY,
): Promise<Buffer[]> {
  if (packages.length === 0) return [];
  let frames: Buffer[] = [];
  const result = await runQuery(
    client,
    {
      command: 'query',
      expression: packages.map(allTargets).join(' + '),
      options: queryCommand(options),
      optional: packages.length > forget ? [STACK, FORGET] : [STACK],
      outputFile: false,
    },
    () => {
      frames = [];
      return (chunk) => frames.push(chunk);
    },
  );
  if (result.exitCode !== 0) throw bazelFailed('query', result);
  if (PASSED_OVER.test(result.stderr))
    throw new DewarError({
      code: 'PARTIAL_GRAPH',
      message: `Bazel passed over errors: ${errorLines(result.stderr).join('; ')}`,
      mend: 'mend the errors in the build files',
    });
  return frames;
}

const FORGET = '--nokeep_state_after_build';

/** A query knows two kinds of quotes, and no way to escape one. */
function allTargets(name: string): string {
  const quote = name.includes("'") ? '"' : "'";
  if (name.includes(quote))
    throw new DewarError({
      code: 'BAZEL_FAILED',
      message: `the package //${name} cannot be written into a query`,
      mend: 'query the whole graph',
    });
  return `${quote}//${name}:all-targets${quote}`;
}
