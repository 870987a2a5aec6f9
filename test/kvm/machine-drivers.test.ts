import { loadDriver, loadEngine } from '../../src/builtins.ts';
import { GIVEN_VMMS, vmmNotGiven } from '../support/given-vmm.ts';
import { guestImage } from '../support/guest-image.ts';
import { linkImage } from '../support/link-image.ts';
import { machineDriverSuite } from '../support/machine-driver-suite.ts';

for (const name of GIVEN_VMMS)
  machineDriverSuite({
    name,
    why: vmmNotGiven(name),
    open: async (cache) => {
      const image = await guestImage();
      await linkImage(image, cache);
      const settings = { image: image.id, vcpus: 1, memoryMiB: 256, diskGiB: 1, network: 'off' } as const;
      return loadDriver(name, await loadEngine(), { ...environment(), DEWAR_CACHE_DIR: cache }, settings);
    },
  });

function environment(): Record<string, string> {
  const all = Object.entries(process.env);
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
