import { explainRoots } from '../../bazel/why/explain-roots.ts';
import { chainTo } from '../../bazel/why/impact-cone.ts';
import { fullLabel, knownSpelling, nearLabels, noSuchTarget } from '../../bazel/why/target-label.ts';
import { rootOf } from '../../bazel/why/why-report.ts';
import type { TargetReason, WhyReport } from '../../bazel/why/why-report.ts';
import type { RunContext } from '../../snapshot/commit-view.ts';
import type { VmmDriver } from '../../vmm/driver.ts';
import { compareCommits } from './compare-commits.ts';
import type { CompareOptions, Comparison } from './compare-commits.ts';

/** Each target has one root, so that this many rules are few. */
const MOST_RULES = 500;

/**
 * Says why targets are impacted between two commits.
 * @param targets labels as people write them
 * @throws DewarError BAD_LABEL, NO_SUCH_TARGET, and those of `compareCommits`
 */
export async function why(
  targets: readonly string[],
  options: CompareOptions,
  driver: VmmDriver,
  context: RunContext,
): Promise<WhyReport> {
  const wanted = targets.map(fullLabel);
  return compareCommits(options, driver, context, async (comparison) => {
    const { base, target, baseGraph, partial, cone, modules } = comparison;
    const labels = [...new Set(wanted.map((label) => findLabel(label, comparison)))];
    return {
      base_sha: base,
      target_sha: target,
      base_graph: baseGraph,
      partial,
      impacted: cone.size,
      modules,
      targets: await reasonsOf(labels, comparison),
    };
  });
}

function findLabel(label: string, { pair, mainNames, base, target }: Comparison): string {
  const { before, after } = pair;
  const has = (view: typeof after) => (spelling: string) => view.type(spelling) !== undefined;
  const found = knownSpelling(label, has(after), mainNames) ?? knownSpelling(label, has(before), mainNames);
  if (found !== undefined) return found;
  const all = new Set<string>();
  for (const view of [after, before]) for (const { label: known } of view.targets()) all.add(known);
  throw noSuchTarget(label, base, target, nearLabels(label, all));
}

async function reasonsOf(labels: readonly string[], comparison: Comparison): Promise<TargetReason[]> {
  const { pair, cone, trees, modules, flags, queries } = comparison;
  const chains = labels.map((label) => (cone.has(label) ? chainTo(cone, label) : [label]));
  const isGone = (label: string): boolean => pair.after.type(label) === undefined;
  const roots = new Map(
    labels.flatMap((label, index) => {
      const root = chains[index]?.[0] ?? label;
      if (!cone.has(label) && !isGone(label)) return [];
      return [[root, { label: root, byModule: cone.get(root)?.byModule ?? false }] as const];
    }),
  );
  const explained = await explainRoots(pair, [...roots.values()], queries, {
    trees,
    modules,
    mainNames: comparison.mainNames,
    ignoredAttributes: flags.options.ignoredRuleHashingAttributes,
    mostRules: MOST_RULES,
  });
  const typed = (name: string): TargetReason['type'] =>
    pair.after.type(name) ?? pair.before.type(name) ?? 'Rule';
  return labels.map((label, index): TargetReason => {
    const impacted = cone.has(label);
    const chain = chains[index] ?? [label];
    const root = explained.get(chain[0] ?? label);
    return {
      target: label,
      type: typed(label),
      impacted,
      state: impacted ? 'impacted' : isGone(label) ? 'removed' : 'unchanged',
      distance: cone.get(label)?.distance ?? null,
      chain: impacted ? chain.map((name) => ({ label: name, type: typed(name) })) : [],
      root: root === undefined ? null : rootOf(root),
    };
  });
}
