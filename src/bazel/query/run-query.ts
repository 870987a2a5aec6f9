import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import type { StreamResult } from '../../platform/stream-command.ts';
import type { BazelClient } from './bazel-client.ts';

export interface QueryRun {
  command: 'query' | 'cquery';
  expression: string;
  /** Options of the command; `optional` ones are dropped for a Bazel that does not know them. */
  options: readonly string[];
  optional: readonly string[];
  /** Let Bazel write to a file when it can: faster than through its client. */
  outputFile: boolean;
}

const OUTPUT_FILE = '--output_file';
const QUERY_FILE = '--query_file';

/**
 * Runs a query; the expression goes by file where Bazel takes one, since that has no limit of length.
 * @param onStart called before each attempt: what came before it does not count
 */
export async function runQuery(
  client: BazelClient,
  run: QueryRun,
  onStart: () => (chunk: Buffer) => void,
): Promise<StreamResult> {
  await using file = await expressionFile(client, run.expression);
  for (;;) {
    const optional = run.optional.filter((option) => !client.rejects(run.command, nameOf(option)));
    const byFile = !client.rejects(run.command, QUERY_FILE);
    const expression = byFile ? [QUERY_FILE, file.path] : ['--', run.expression];
    const command = [run.command, ...run.options, ...optional];
    const toFile =
      run.outputFile && !client.rejects(run.command, OUTPUT_FILE)
        ? (path: string): readonly string[] => [...command, OUTPUT_FILE, path, ...expression]
        : undefined;
    const result = await client.stream([...command, ...expression], onStart(), toFile);
    const tried = [...optional.map(nameOf), OUTPUT_FILE, QUERY_FILE];
    if (!client.noteRejected(run.command, result, tried)) return result;
  }
}

/** Where Bazel runs. */
async function expressionFile(
  { options: { commands } }: BazelClient,
  expression: string,
): Promise<{ path: string } & AsyncDisposable> {
  if (commands === undefined) {
    const directory = await makeTempDirectory('query');
    const path = join(directory.path, 'expression');
    await writeFile(path, expression);
    return { path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
  }
  const path = `/tmp/dewar-expression-${randomBytes(6).toString('hex')}`;
  const env = { PATH: '/usr/bin:/bin' };
  await commands.run('sh', ['-c', 'cat >"$0"', path], { env, input: expression });
  return {
    path,
    async [Symbol.asyncDispose]() {
      await commands.run('rm', ['-f', path], { env });
    },
  };
}

function nameOf(option: string): string {
  return option.split('=', 1)[0] as string;
}
