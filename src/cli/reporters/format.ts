import type { DewarEvent } from '../../core/events.ts';
import { formatBytes } from '../../core/format-bytes.ts';

type ProgressEvent = Extract<DewarEvent, { type: 'progress' }>;

const BYTES = 'bytes';
/** Before, a rate says nothing. */
const RATE_AFTER_MS = 1_000;

/** @returns `1.2 s`, or `2 min 05 s` */
export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/**
 * @param ms since it began
 * @returns `12,000 of 150,000 targets`; of bytes `1.2 MiB of 1 GiB, 70 of 50,000 files, 12 MiB/s, 1 min 20 s left`
 */
export function formatProgress(event: ProgressEvent, ms: number): string {
  const { done, total, unit, detail } = event;
  const parts = [amount(event), ...(detail === undefined ? [] : [detail])];
  if (unit === BYTES && ms >= RATE_AFTER_MS && done > 0) {
    parts.push(`${formatBytes((done / ms) * 1000)}/s`);
    if (total !== undefined && total > done)
      parts.push(`${formatSeconds(Math.round((((total - done) / done) * ms) / 1000) * 1000)} left`);
  }
  return parts.join(', ');
}

function amount({ done, total, unit }: ProgressEvent): string {
  if (unit === BYTES)
    return total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
  return total === undefined ? `${figure(done)} ${unit}` : `${figure(done)} of ${figure(total)} ${unit}`;
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
