import { GROUPS } from '../workspace/doctor/check.ts';
import type { Level } from '../workspace/doctor/check.ts';
import type { Diagnosis } from '../workspace/doctor/doctor.ts';

const MARKS: Record<Level, string> = { ok: '✓', note: '·', warning: '!', problem: '✗' };

/** @returns what `doctor` prints */
export function describeDoctor({ results, counts, packages }: Diagnosis): string {
  const lines = GROUPS.flatMap((group) => {
    const ofGroup = results.filter((result) => result.group === group);
    if (ofGroup.length === 0) return [];
    return [
      group,
      ...ofGroup.flatMap(({ level, title, message, mend }) => [
        `  ${MARKS[level]} ${title}: ${message}`,
        ...(mend === undefined ? [] : [`      mend: ${mend}`]),
      ]),
      '',
    ];
  });
  const sum = [plural(counts.problem, 'problem'), plural(counts.warning, 'warning')].join(', ');
  const setup =
    packages.missing.length === 0
      ? ''
      : `; dewar setup installs what is missing: ${packages.missing.join(' ')}`;
  return [...lines, `${sum}${setup}`].join('\n');
}

function plural(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}
