import { refreshClone } from '../../src/guest/refresh-clone.ts';
import { qemuDriver } from '../../src/vmm/qemu/qemu-driver.ts';
import { machineDriverSuite } from '../support/machine-driver-suite.ts';
import { findQemuLab, labEnvironment } from '../support/qemu-lab.ts';

const lab = await findQemuLab();

/** TCG where KVM does not work. */
machineDriverSuite({
  name: 'qemu',
  why: 'why' in lab ? lab.why : undefined,
  open: (cache) => {
    if ('why' in lab) throw new Error(lab.why);
    return qemuDriver({
      env: labEnvironment(lab.host, cache),
      image: () => Promise.resolve(lab.image),
      refresh: (machine, { signal }) =>
        refreshClone(machine, { hostname: `clone-${machine.id.slice(0, 8)}`, signal }),
      cpus: 1,
      memoryMiB: 512,
      diskSize: 4 * 2 ** 30,
      network: 'off',
    });
  },
});
