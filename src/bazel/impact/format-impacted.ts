import type { ImpactedTargets } from './impacted-targets.ts';

/** @returns labels, one a line; with distances: a JSON list of `{label, targetDistance, packageDistance}` */
export function formatImpacted({ labels, distances }: ImpactedTargets): string {
  if (distances === undefined) return labels.map((label) => `${label}\n`).join('');
  const rows = Array.from(distances, ([label, distance]) => JSON.stringify({ label, ...distance }));
  return rows.length === 0 ? '[]\n' : `[\n${rows.map((row) => `  ${row}`).join(',\n')}\n]\n`;
}
