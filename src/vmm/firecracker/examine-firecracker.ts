import type { VmmExamination } from '../driver-examination.ts';
import { askFirecracker, isTried, WRITTEN_FOR } from './host/find-firecracker.ts';
import { probeFirecrackerHost } from './host/firecracker-host.ts';
import { examineJailer } from './jail/examine-jailer.ts';

/** @returns what machines of Firecracker find on this host */
export function examineFirecracker(env: Readonly<Record<string, string>>): VmmExamination {
  return {
    async program() {
      const { path, version } = await askFirecracker(env);
      return {
        name: 'Firecracker',
        path,
        version: version.text,
        writtenFor: WRITTEN_FOR,
        isTried: isTried(version),
      };
    },
    async acceleration(signal) {
      await probeFirecrackerHost({ env, signal });
      // Its own filters of system calls are on unless it is told otherwise.
      return { name: 'KVM', sandbox: true, emulated: false };
    },
    async jail() {
      return examineJailer(await askFirecracker(env), env);
    },
  };
}
