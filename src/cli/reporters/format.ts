import type { DewarEvent } from '../../core/events.ts';

type ProgressEvent = Extract<DewarEvent, { type: 'progress' }>;

/** @returns `1.2 s`, or `2 min 05 s` */
export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** @returns `12,000 of 150,000 targets` */
export function formatProgress({ done, total, unit }: ProgressEvent): string {
  return total === undefined ? `${figure(done)} ${unit}` : `${figure(done)} of ${figure(total)} ${unit}`;
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}
