import type { Setup } from '../workspace/setup/setup.ts';

interface SetupData {
  packages: string[];
  /** What to type. */
  command: string | null;
  installed: boolean;
  optional: string[];
  /** What no package mends. */
  others: string[];
}

export function setupData({ plan, optional, others }: Setup, installed: boolean): SetupData {
  const { packages, byHand, notes } = plan;
  return { packages, command: byHand ?? null, installed, optional, others: [...notes, ...others] };
}

/** @returns what `setup` prints */
export function describeSetup(setup: Setup, installed: boolean): string {
  const { packages, command, optional, others } = setupData(setup, installed);
  const lines = [
    ...(packages.length === 0 ? ['no package is missing'] : []),
    ...(installed ? [`installed ${packages.join(' ')}`] : []),
    ...(!installed && packages.length > 0 ? [`missing: ${packages.join(' ')}`] : []),
    ...(!installed && command !== null ? [`to install them: ${command}`] : []),
    ...(optional.length === 0 ? [] : [`of use, and not needed: ${optional.join(' ')}`]),
    ...others.map((other) => `not mended by packages: ${other}`),
  ];
  return lines.join('\n');
}
