import { describeChange, moduleWords } from './describe-change.ts';
import type { TargetReason, WhyReport } from './why-report.ts';

/** A rule with a thousand changed inputs is shown by its first ones; JSON has all. */
const MOST_CHANGES = 12;

/** @returns the report as text: what changed first, then the way from there to each target */
export function formatWhy(report: WhyReport): string {
  const modules =
    report.modules.length > 0 ? [`changed modules: ${report.modules.map(moduleWords).join(', ')}`, ''] : [];
  const partial = report.partial
    ? ['', 'The graph has errors, which Bazel passed over: targets may be missing.']
    : [];
  return `${[...modules, report.targets.map(formatReason).join('\n\n'), ...partial].join('\n')}\n`;
}

function formatReason(reason: TargetReason): string {
  const { target, state, root, chain } = reason;
  if (root === null) return `${oneLine(target)} is not impacted`;
  const lines = [
    state === 'removed'
      ? `${oneLine(target)} was removed, and so it is not impacted`
      : `${oneLine(target)} is impacted`,
  ];
  const place = root.location === null ? '' : ` (${root.location})`;
  lines.push(`  changed: ${oneLine(root.label)}${place}`);
  for (const change of root.changes.slice(0, MOST_CHANGES))
    lines.push(`    ${oneLine(describeChange(change))}`);
  if (root.changes.length > MOST_CHANGES)
    lines.push(`    and ${root.changes.length - MOST_CHANGES} more changes (--json has them)`);
  for (const [index, step] of chain.slice(1).entries()) {
    const words = step.type === 'GeneratedFile' ? 'which generates' : 'an input of';
    lines.push(`  ${'  '.repeat(index)}${words} ${oneLine(step.label)}`);
  }
  return lines.join('\n');
}

/** Names may hold control characters, which a terminal would obey. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(/^[\u007f-\u009f\u2028\u2029]$/u, '?'),
  );
}
