import type { VmmExamination } from '../driver-examination.ts';
import { probeCloudHypervisorHost } from './host/cloud-hypervisor-host.ts';
import { findCloudHypervisor, WRITTEN_FOR } from './host/find-cloud-hypervisor.ts';

/** @returns what machines of Cloud Hypervisor find on this host */
export function examineCloudHypervisor(env: Readonly<Record<string, string>>): VmmExamination {
  return {
    async program() {
      const { path, version } = await findCloudHypervisor(env);
      return {
        name: 'Cloud Hypervisor',
        path,
        version: version.text,
        writtenFor: `v${WRITTEN_FOR.oldest} to v${WRITTEN_FOR.newest}`,
        isTried: version.major <= WRITTEN_FOR.newest,
      };
    },
    async acceleration(signal) {
      await probeCloudHypervisorHost({ env, signal });
      // Its own filters of system calls are on unless it is told otherwise.
      return { name: 'KVM', sandbox: true, emulated: false };
    },
  };
}
