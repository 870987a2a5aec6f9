/** By how much deadlines are longer on this host: `DEWAR_SLOW`, 1 to 100. */
export function slowFactor(env: Readonly<Record<string, string>>): number {
  const factor = Number(env['DEWAR_SLOW'] ?? 1);
  return Number.isFinite(factor) ? Math.min(100, Math.max(1, factor)) : 1;
}
