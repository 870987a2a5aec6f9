import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { mainRepoSpelling } from '../labels.ts';
import { bazelFailed } from './bazel-client.ts';
import type { BazelClient } from './bazel-client.ts';
import { runQuery } from './run-query.ts';

/** An alias prints the label that was asked for only in its repr: `<alias target //a:alias of //a:actual>`. */
const FORMATTER = `
def format(target):
    target_providers = providers(target)
    if target_providers == None or "IncompatiblePlatformProvider" in target_providers:
        return ""
    target_repr = repr(target)
    if "<alias target" in target_repr:
        return target_repr.split("<alias target ")[1].split(" of ")[0]
    return str(target.label)
`;

/**
 * Asks cquery which targets are compatible with the target platform.
 * @param options of the command, without those that the formatter does not go with
 * @returns labels, those of the main repository spelt with `//`
 * @throws DewarError BAZEL_FAILED
 */
export async function readCompatibleTargets(
  client: BazelClient,
  expression: string,
  options: readonly string[],
  optional: readonly string[],
  succeeded: (exitCode: number) => boolean,
): Promise<Set<string>> {
  await using directory = await makeTempDirectory('cquery');
  const formatter = join(directory.path, 'format.cquery');
  await writeFile(formatter, FORMATTER);
  let chunks: Buffer[] = [];
  const result = await runQuery(
    client,
    {
      command: 'cquery',
      expression,
      options: [...options, '--output', 'starlark', '--starlark:file', formatter],
      optional,
      outputFile: false,
    },
    () => {
      chunks = [];
      return (chunk) => chunks.push(Buffer.from(chunk));
    },
  );
  if (!succeeded(result.exitCode)) throw bazelFailed('cquery', result);
  const output = Buffer.concat(chunks);
  // Names are text here; in protos of Bazel 7 and older each of their bytes is a character.
  const lines = [...output.toString('utf8').split('\n'), ...output.toString('latin1').split('\n')];
  return new Set(lines.filter((line) => line !== '').map(mainRepoSpelling));
}
