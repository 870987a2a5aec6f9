/** Rates that differ by less are the same. */
const TOLERANCE = 0.0005;
const TRIES = 8;

/**
 * Measures a rate until two measurements agree: on a busy host one may be wrong by a tenth, always upwards, as the time
 * of another process is counted as well.
 * @param measure a rate, or why there is none, which ends it
 * @returns the lower of the two, or the lowest of all where none agree
 */
export async function agreedRate(measure: () => Promise<number | string>): Promise<number | string> {
  const rates: number[] = [];
  while (rates.length < TRIES) {
    const rate = await measure();
    if (typeof rate === 'string') return rate;
    const same = rates.find((other) => Math.abs(other / rate - 1) < TOLERANCE);
    if (same !== undefined) return Math.min(same, rate);
    rates.push(rate);
  }
  return Math.min(...rates);
}
