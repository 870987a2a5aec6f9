import type { GraphIndex } from '../../bazel/graph/graph-index.ts';
import type { TypedLabel } from '../../bazel/graph/impact-of-contents.ts';
import { formatGraphHashes } from '../../bazel/hash/format-graph-hashes.ts';
import { formatImpacted } from '../../bazel/impact/format-impacted.ts';
import { orderLabels } from '../../bazel/impact/order-labels.ts';
import { writeOutput } from '../../platform/write-output.ts';
import type { AnswerFiles } from '../../snapshot/engine.ts';
import type { BazelFlags } from './parse-flags.ts';

/**
 * Writes what `get-impacted-targets` and `generate-hashes` write, from an index that is at the target commit now.
 * @throws DewarError OUTPUT_NOT_WRITABLE
 */
export async function writeIndexAnswer(
  { options, excludeExternalTargets }: BazelFlags,
  { graph, facts, moduleGraphJson }: GraphIndex,
  impacted: readonly TypedLabel[],
  files: AnswerFiles,
): Promise<{ impacted: number }> {
  const { targetTypes, includeTargetType } = options;
  const dropsExternal = excludeExternalTargets ?? facts.bzlmod;
  const labels = orderLabels(
    impacted
      .filter(({ label }) => !dropsExternal || !label.startsWith('//external:'))
      .filter(({ type }) => targetTypes === undefined || targetTypes.includes(type))
      .map(({ label, type }) => ({ label, type: includeTargetType ? type : undefined })),
  );
  await writeOutput(files.impacted, formatImpacted({ labels, distances: undefined }));
  if (files.hashes !== undefined) {
    const selection = {
      includeTargetType,
      targetTypes: targetTypes === undefined ? undefined : new Set(targetTypes),
    };
    await writeOutput(files.hashes, formatGraphHashes(graph, selection, moduleGraphJson));
  }
  return { impacted: labels.length };
}
