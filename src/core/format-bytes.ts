const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @returns `512 bytes`, `1.5 MiB`, `120 GiB` */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${UNITS[power]}`;
}
