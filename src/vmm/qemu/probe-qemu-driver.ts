import { DewarError } from '../../core/errors.ts';
import type { DriverProbe } from '../driver.ts';
import { probeQemuHost } from './host/qemu-host.ts';
import type { MachineContext } from '../machine/machine-context.ts';

/** @returns whether machines of QEMU work on this host */
export async function probeQemuDriver(context: MachineContext): Promise<DriverProbe> {
  try {
    const { accelerator, whyNoKvm } = await probeQemuHost(context);
    return accelerator === 'kvm'
      ? { works: true }
      : { works: true, emulated: whyNoKvm ?? 'KVM was not tried' };
  } catch (error) {
    const mend = error instanceof DewarError ? error.mend : 'install qemu-system-x86 again';
    const why = error instanceof Error ? error.message : String(error);
    return { works: false, why, mend: `${mend}; or use --driver local` };
  }
}
