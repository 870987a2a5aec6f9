import type { BenchReport } from './bench-report.ts';

/** Every warm answer of a report, with whether it was the cold one. */
export function warmAnswers({
  sizes,
  machines,
}: {
  sizes: BenchReport['sizes'];
  machines?: BenchReport['machines'];
}): { equal: boolean }[] {
  return [
    ...sizes.flatMap(({ commits, tiers }) => [...commits, ...Object.values(tiers)]),
    ...(machines !== undefined && 'project' in machines && 'commits' in machines.project
      ? machines.project.commits
      : []),
  ];
}
