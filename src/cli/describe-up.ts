import type { UpResult } from '../workspace/up.ts';

const HOW: Record<UpResult['how'], string> = { booted: 'booted', thawed: 'thawed', running: 'already up' };

/** @returns what `up` and `fork` print */
export function describeUp({ name, how, ms, slot, outdated, failed_scripts }: UpResult): string {
  const time = how === 'running' ? '' : ` in ${(ms / 1000).toFixed(1)} s`;
  return [
    `${name}: ${HOW[how]}${time} (slot ${slot}); dewar shell opens it`,
    ...(outdated ? ['the config has changed since: dewar down, then dewar up, to use it'] : []),
    ...(failed_scripts.length > 0 ? [`scripts failed: ${failed_scripts.join(', ')}; see dewar logs`] : []),
  ].join('\n');
}
