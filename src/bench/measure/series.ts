/** Times of the same work, in milliseconds, in the order they were taken. */
export interface Series {
  ms: readonly number[];
  min: number;
  median: number;
}

/** @param ms at least one time */
export function series(ms: readonly number[]): Series {
  const sorted = ms.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? Number.NaN);
  return { ms: [...ms], min: sorted[0] ?? Number.NaN, median: (lower + upper) / 2 };
}

/** How many times longer the median of `value` takes than that of `base`. */
export function ratio(value: Series, base: Series): number {
  return value.median / base.median;
}
