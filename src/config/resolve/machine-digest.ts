import { createHash } from 'node:crypto';
import { compareText } from '../../core/compare-text.ts';
import type { ResolvedConfig } from '../resolved-config.ts';

type Input = Pick<ResolvedConfig, 'resources' | 'packages' | 'image' | 'driver' | 'network'>;

/** @returns hex; of what decides a machine's hardware, image and network, in whatever order it was said */
export function machineDigest({ resources, packages, image, driver, network }: Input): string {
  const { vcpus, memoryMB, diskGB } = resources;
  const inputs = [vcpus, memoryMB, diskGB, packages.toSorted(compareText), image, driver, policyOf(network)];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/** What a mode does not look at changes nothing. */
function policyOf({ mode, domains, ports, ranges }: Input['network']): unknown[] {
  const listed = ranges.toSorted(compareText);
  if (mode === 'filtered')
    return [mode, domains.toSorted(compareText), ports.toSorted((a, b) => a - b), listed];
  return mode === 'open' ? [mode, listed] : [mode];
}
