import { compareText } from '../../core/compare-text.ts';
import { editDistance } from '../../core/edit-distance.ts';

const SHOWN = 4;
/** Names differ by a version or a flavour more often than by a slip: `openjdk-17-jdk`, `postgresql-15`. */
const SLIPS = 2;

/** @returns the names that somebody who typed `wanted` may have meant, likeliest first; at most four */
export function nearNames(wanted: string, all: Iterable<string>): string[] {
  const slips: { name: string; distance: number }[] = [];
  const longer: string[] = [];
  for (const name of all) {
    if (name.startsWith(wanted) && name !== wanted) longer.push(name);
    else if (Math.abs(name.length - wanted.length) <= SLIPS) {
      const distance = editDistance(wanted, name);
      if (distance > 0 && distance <= Math.min(SLIPS, wanted.length / 3)) slips.push({ name, distance });
    }
  }
  const at = (wanted: number): string[] =>
    slips
      .filter(({ distance }) => distance === wanted)
      .map(({ name }) => name)
      .toSorted(compareText);
  longer.sort((a, b) => a.length - b.length || compareText(a, b));
  return [...at(1), ...longer, ...at(2)].slice(0, SHOWN);
}
