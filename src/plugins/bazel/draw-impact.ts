import { explainRoots } from '../../bazel/why/explain-roots.ts';
import { impactDot } from '../../bazel/why/impact-dot.ts';
import { impactGraph } from '../../bazel/why/impact-graph.ts';
import type { ImpactGraph } from '../../bazel/why/impact-graph.ts';
import { impactHtml } from '../../bazel/why/impact-html.ts';
import type { RunContext } from '../../snapshot/commit-view.ts';
import type { VmmDriver } from '../../vmm/driver.ts';
import { compareCommits } from './compare-commits.ts';
import type { CompareOptions } from './compare-commits.ts';

export type ImpactFormat = 'html' | 'dot' | 'json';

/** More rules than this are not looked at one by one: their attributes stay unknown, which each of them says. */
const MOST_RULES = 2000;

/**
 * Shows what a commit impacts, as a whole.
 * @param most targets to show; all when undefined
 * @throws DewarError as `compareCommits` does
 */
export async function drawImpact(
  format: ImpactFormat,
  most: number | undefined,
  options: CompareOptions,
  driver: VmmDriver,
  context: RunContext,
): Promise<{ graph: ImpactGraph; content: string }> {
  const graph = await compareCommits(options, driver, context, async (comparison) => {
    const { base, target, partial, pair, cone, modules, trees, flags, queries } = comparison;
    const changed = [...cone.values()].slice(0, most).filter(({ via }) => via === undefined);
    const roots = await explainRoots(pair, changed, queries, {
      trees,
      modules,
      mainNames: comparison.mainNames,
      ignoredAttributes: flags.options.ignoredRuleHashingAttributes,
      mostRules: MOST_RULES,
    });
    return impactGraph({ base_sha: base, target_sha: target, partial, modules }, cone, roots, most);
  });
  return { graph, content: WRITERS[format](graph) };
}

const WRITERS: Record<ImpactFormat, (graph: ImpactGraph) => string> = {
  html: impactHtml,
  dot: impactDot,
  json: (graph) => `${JSON.stringify(graph, null, 2)}\n`,
};
