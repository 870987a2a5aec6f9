/** Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (current[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (previous[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(change, (current[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    previous = current;
    current = next;
  }
  return current[b.length] ?? 0;
}
