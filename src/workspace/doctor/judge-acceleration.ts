import type { KvmState } from '../../platform/kvm-state.ts';
import type { Acceleration } from '../../vmm/driver-examination.ts';
import type { Finding } from './check.ts';

const MENDS: Record<KvmState, string> = {
  absent:
    "switch virtualization on in this host's firmware, or in what runs this host as a guest (nested virtualization), and load the module kvm_intel or kvm_amd",
  forbidden:
    'give this user the right to use /dev/kvm: sudo usermod --append --groups kvm $USER, then log in again',
  there: 'take another host; or, when DEWAR_ACCEL says so, unset it',
};

export function judgeAcceleration(found: Acceleration, kvm: KvmState): Finding {
  const sandbox = found.sandbox ? '' : '; QEMU runs without its sandbox, which does not work here';
  if (!found.emulated) return { level: 'ok', message: `${found.name}${sandbox}` };
  return {
    level: 'warning',
    message: `guests are emulated (${found.name}), which is right and slow: ${found.why}${sandbox}`,
    mend: MENDS[kvm],
  };
}
