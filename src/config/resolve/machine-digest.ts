import { createHash } from 'node:crypto';
import { compareText } from '../../core/compare-text.ts';
import type { ResolvedConfig } from '../resolved-config.ts';

type Input = Pick<ResolvedConfig, 'resources' | 'packages' | 'image' | 'driver' | 'network'>;

/** @returns hex; of what decides a machine's hardware and image, in whatever order it was said */
export function machineDigest({ resources, packages, image, driver, network }: Input): string {
  const { vcpus, memoryMB, diskGB } = resources;
  const inputs = [
    vcpus,
    memoryMB,
    diskGB,
    packages.toSorted(compareText),
    image,
    driver,
    network.mode !== 'off',
  ];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}
