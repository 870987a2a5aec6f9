import { runCommand } from '../../platform/run-command.ts';
import type { DriverExamination } from '../driver-examination.ts';
import { findVirtiofsd } from '../machine/shares/find-virtiofsd.ts';
import { findQemu, OLDEST_QEMU } from './host/find-qemu.ts';
import { probeQemuHost } from './host/qemu-host.ts';

const DEADLINE_MS = 20_000;
/** The newest major version that the tests have run with. */
const NEWEST_TRIED = 10;
const DAEMONS = { c: 'that of QEMU before 8.0', rust: 'the one in Rust' };

/** @returns what machines of QEMU find on this host */
export function examineQemu(env: Readonly<Record<string, string>>): DriverExamination {
  return {
    async program() {
      const { path, version } = await findQemu(env);
      return {
        name: 'QEMU',
        path,
        version: version.text,
        writtenFor: `${OLDEST_QEMU.major}.${OLDEST_QEMU.minor} to ${NEWEST_TRIED}`,
        isTried: version.major <= NEWEST_TRIED,
      };
    },
    async acceleration(signal) {
      const { accelerator, whyNoKvm, sandbox } = await probeQemuHost({ env, signal });
      if (accelerator === 'kvm') return { name: 'KVM', sandbox, emulated: false };
      return { name: 'TCG', sandbox, emulated: true, why: whyNoKvm ?? 'KVM was not tried' };
    },
    async hasUserNetwork(signal) {
      const { path } = await findQemu(env);
      const { stdout } = await runCommand(path, ['-netdev', 'help'], { deadlineMs: DEADLINE_MS, signal });
      return /^user$/m.test(stdout.toString('utf8'));
    },
    async shareDaemon() {
      const { path, kind } = await findVirtiofsd(env);
      return { path, kind: DAEMONS[kind] };
    },
  };
}
