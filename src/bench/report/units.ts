/** `850 ms`, `3.21 s`, `41.5 s`, `3 min 05 s` */
export function duration(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toPrecision(3)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `150,002` */
export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

/** `1.18x`, `87x` */
export function times(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(value < 99.5 ? 1 : 0)}x`;
}

/** Of a budget: `1.18x`, `512 MiB`, `0.42 s` */
export function quantity(value: number, unit: 'x' | 'MiB' | 's'): string {
  if (unit === 'x') return times(value);
  return unit === 'MiB' ? `${Math.round(value)} MiB` : `${value.toFixed(2)} s`;
}

/** `15.6 GiB` */
export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
