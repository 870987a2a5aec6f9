import { ratio } from '../measure/series.ts';
import type { Series } from '../measure/series.ts';
import type { Bar } from './svg-bars.ts';
import { duration, times } from './units.ts';

/** A bar as long as the median of some times. */
export function timeBar(label: string, tone: Bar['tone'], value: Series, note?: string): Bar {
  const caption = note === undefined ? duration(value.median) : `${duration(value.median)}, ${note}`;
  return { label, tone, value: value.median, runs: value.ms, caption };
}

/** `1.18x`: how many times longer `value` takes than `base`. */
export function against(value: Series, base: Series): string {
  return times(ratio(value, base));
}

/** `24.1x faster` */
export function faster(value: Series, base: Series): string {
  return `${times(ratio(base, value))} faster`;
}
