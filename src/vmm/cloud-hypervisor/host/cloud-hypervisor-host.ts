import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../platform/run-command.ts';
import { assertKvmRuns } from '../../machine/assert-kvm-runs.ts';
import type { HostOptions, KvmTrial } from '../../machine/assert-kvm-runs.ts';
import { findCloudHypervisor } from './find-cloud-hypervisor.ts';
import type { CloudHypervisorProgram } from './find-cloud-hypervisor.ts';
import { PROBE_ANSWER, probeKernel } from './probe-kernel.ts';

/**
 * Finds Cloud Hypervisor, and whether it runs guests here: it boots a kernel of one page.
 * @throws DewarError CLOUD_HYPERVISOR_MISSING, CLOUD_HYPERVISOR_TOO_OLD, CLOUD_HYPERVISOR_BROKEN, KVM_UNUSABLE, INTERRUPTED
 */
export async function probeCloudHypervisorHost(options: HostOptions): Promise<CloudHypervisorProgram> {
  const program = await findCloudHypervisor(options.env);
  const boot: KvmTrial['boot'] = async (directory, limits) => {
    const kernel = join(directory, 'kernel');
    const serial = join(directory, 'serial');
    await writeFile(kernel, probeKernel());
    const machine = ['--cpus', 'boot=1', '--memory', 'size=128M', '--console', 'off'];
    const { exitCode, stderr } = await runCommand(
      program.path,
      [...machine, '--kernel', kernel, '--serial', `file=${serial}`],
      { cwd: directory, ...limits },
    );
    const said = await readFile(serial, 'latin1').catch(() => '');
    if (exitCode === 0 && said === PROBE_ANSWER) return undefined;
    return lastLine(stderr) || `exit code ${exitCode}`;
  };
  await assertKvmRuns({ driver: 'cloud-hypervisor', program, boot }, options);
  return program;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}
