import type { Int32List } from '../../core/columns.ts';
import { FrameSplitter } from '../query/frame-splitter.ts';
import { RuleDigester } from '../hash/rule-digest.ts';
import { TargetTable } from '../hash/target-table.ts';
import type { HashesDocument } from '../hashes-document.ts';
import type { BazelClient } from '../query/bazel-client.ts';
import { unlessNoBazel } from '../query/unless-no-bazel.ts';
import { runQuery } from '../query/run-query.ts';
import { TargetDecoder } from '../query/target-decoder.ts';

export interface RdepsOptions {
  bazelCommandOptions: readonly string[];
  keepGoing: boolean;
}

/**
 * The targets that changed modules impact.
 * @param names of the changed modules
 * @returns undefined when no repository of theirs is seen in the final hashes: the hash difference then says all
 */
export async function moduleImpact(
  client: BazelClient,
  names: ReadonlySet<string>,
  final: HashesDocument,
  options: RdepsOptions,
): Promise<Set<string> | undefined> {
  const repositories = changedRepositories(names, final);
  if (repositories.length === 0) return undefined;
  const expression = `rdeps(//..., ${repositories.map((repo) => `'@@${repo}//...'`).join(' + ')})`;
  const isHashed = (label: string): boolean => final.hashes.has(label);
  const labels = await unlessNoBazel(client, () => queryLabels(client, expression, options, isHashed));
  if (labels !== undefined) return new Set(labels.filter((label) => !label.startsWith('@@')));
  client.options.emit({
    type: 'warning',
    code: 'RDEPS_FAILED',
    message: `Bazel could not tell what depends on the changed modules (${[...names].join(', ')}): every target counts as impacted`,
  });
  const all = [...final.hashes.keys()];
  const ours = all.filter((label) => !label.startsWith('@@') && !label.startsWith('//external:'));
  return new Set(ours.length > 0 ? ours : all);
}

/** @returns canonical names `module~segment` or `module+segment` of base repositories, as labels of the hashes show them */
export function changedRepositories(names: ReadonlySet<string>, final: HashesDocument): string[] {
  const found = new Set<string>();
  for (const label of final.hashes.keys()) {
    if (!label.startsWith('@@')) continue;
    const repository = label.slice(2, Math.max(2, label.indexOf('//')));
    const module = /^([^+~]+)[+~][^+~]*$/.exec(repository)?.[1];
    if (module !== undefined && names.has(module)) found.add(repository);
  }
  return [...found].toSorted();
}

/**
 * @param isGroup whether a label that stands for a package group counts
 * @returns the labels of an expression, undefined when Bazel failed
 */
async function queryLabels(
  client: BazelClient,
  expression: string,
  { bazelCommandOptions, keepGoing }: RdepsOptions,
  isGroup: (label: string) => boolean,
): Promise<string[] | undefined> {
  let table = new TargetTable();
  let input: FrameSplitter | undefined;
  const result = await runQuery(
    client,
    {
      command: 'query',
      expression,
      options: [
        '--output',
        'streamed_proto',
        '--order_output=no',
        ...(keepGoing ? ['--keep_going'] : []),
        ...bazelCommandOptions,
      ],
      optional: ['--proto:instantiation_stack'],
      outputFile: true,
    },
    () => {
      table = new TargetTable();
      const decoder = new TargetDecoder(table, new RuleDigester([], []), {
        configured: false,
        fineGrainedRepos: [],
        includePackageGroups: true,
      });
      const splitter = new FrameSplitter((buffer, start, end) => decoder.decode(buffer, start, end));
      input = splitter;
      return (chunk) => splitter.push(chunk);
    },
  );
  if (result.exitCode !== 0 && !(keepGoing && result.exitCode === 3)) return undefined;
  input?.end();
  const columns = [table.ruleLabels, table.sourceLabels, table.generatedLabels];
  const texts = (column: Int32List): string[] =>
    Array.from(column.slice(0, column.length), (id) => table.labels.text(id));
  // Groups are known to the hashes only where they were asked for.
  return [...columns.flatMap(texts), ...texts(table.groups.groupLabels).filter(isGroup)];
}
