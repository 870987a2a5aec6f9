import type { BazelClient } from '../query/bazel-client.ts';
import { FrameSplitter } from '../query/frame-splitter.ts';
import { runQuery } from '../query/run-query.ts';
import { decodedSpelling } from '../hash/source-path.ts';
import { describeRule } from './rule-description.ts';
import type { RuleDescription } from './rule-description.ts';

/**
 * Asks Bazel for some rules of the work tree as it is now.
 * @param labels as Bazel printed them
 * @param commandOptions of the user, for `query`
 * @returns by label; without those that Bazel could not give, for whatever reason
 * @throws DewarError BAZEL_NOT_FOUND, BAD_QUERY_OUTPUT, INTERRUPTED
 */
export async function describeRules(
  client: BazelClient,
  labels: readonly string[],
  commandOptions: readonly string[],
): Promise<Map<string, RuleDescription>> {
  let found = new Map<string, RuleDescription>();
  const words = labels.map(quoted).filter((word) => word !== undefined);
  if (words.length === 0) return found;
  const options = ['--output', 'streamed_proto', '--order_output=no', '--keep_going', ...commandOptions];
  let input: FrameSplitter | undefined;
  await runQuery(
    client,
    {
      command: 'query',
      expression: words.join(' + '),
      options,
      optional: ['--proto:definition_stack'],
      outputFile: false,
    },
    () => {
      found = new Map();
      const splitter = new FrameSplitter((buffer, start, end) => {
        const rule = describeRule(buffer, start, end);
        if (rule !== undefined)
          found.set(rule.label, { ...rule, location: inWorkspace(rule.location, client) });
      });
      input = splitter;
      return (chunk) => splitter.push(chunk);
    },
  );
  input?.end();
  return found;
}

/**
 * Asks Bazel which .bzl files the packages of some targets load, directly or not.
 * @returns their labels; none when Bazel could not say
 */
export async function loadedFiles(
  client: BazelClient,
  labels: readonly string[],
  commandOptions: readonly string[],
): Promise<string[]> {
  const words = labels.map(quoted).filter((word) => word !== undefined);
  if (words.length === 0) return [];
  let chunks: Buffer[] = [];
  await runQuery(
    client,
    {
      command: 'query',
      expression: `loadfiles(${words.join(' + ')})`,
      options: ['--output', 'label', '--order_output=no', '--keep_going', ...commandOptions],
      optional: [],
      outputFile: false,
    },
    () => {
      chunks = [];
      return (chunk) => chunks.push(Buffer.from(chunk));
    },
  );
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  return lines.filter((line) => line !== '');
}

function inWorkspace(location: string | undefined, { options }: BazelClient): string | undefined {
  const root = `${options.workspacePath}/`;
  if (location?.startsWith(root) === true) return location.slice(root.length);
  // Below Bazel's output base, whose path is of no use to anybody.
  return location?.replace(/^\/.*?\/(external\/[^/]+\/)/, '$1');
}

/** @returns the label as a word of a query, as a user would write it; undefined when no quotes fit around it */
function quoted(label: string): string | undefined {
  const text = decodedSpelling(label) ?? label;
  const quote = text.includes("'") ? '"' : "'";
  return text.includes(quote) ? undefined : `${quote}${text}${quote}`;
}
