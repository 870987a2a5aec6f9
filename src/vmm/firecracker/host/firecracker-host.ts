import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../platform/run-command.ts';
import { assertKvmRuns } from '../../machine/assert-kvm-runs.ts';
import type { HostOptions, KvmTrial } from '../../machine/assert-kvm-runs.ts';
import { planProbe } from '../plan/plan-probe.ts';
import { findFirecracker } from './find-firecracker.ts';
import type { FirecrackerProgram } from './find-firecracker.ts';
import { PROBE_WORDS, probeKernel } from './probe-kernel.ts';

/**
 * Finds Firecracker, and whether KVM runs a guest of it: a small kernel is booted. What was found is kept for a day.
 * @throws DewarError FIRECRACKER_MISSING, FIRECRACKER_UNKNOWN, FIRECRACKER_BROKEN, KVM_UNUSABLE, INTERRUPTED
 */
export async function probeFirecrackerHost(options: HostOptions): Promise<FirecrackerProgram> {
  const program = await findFirecracker(options.env);
  await bootSomething(program, options);
  return program;
}

/** @throws DewarError KVM_UNUSABLE, INTERRUPTED */
export function bootSomething(program: FirecrackerProgram, options: HostOptions): Promise<void> {
  const boot: KvmTrial['boot'] = async (directory, limits) => {
    const kernel = join(directory, 'kernel');
    const config = join(directory, 'probe.json');
    await writeFile(kernel, probeKernel());
    await writeFile(config, JSON.stringify(planProbe(kernel)));
    const { exitCode, stdout, stderr } = await runCommand(
      program.path,
      ['--no-api', '--config-file', config],
      limits,
    );
    const said = stdout.toString('utf8');
    if (exitCode === 0 && said.includes(PROBE_WORDS)) return undefined;
    return whyNot(said, stderr) ?? `exit code ${exitCode}`;
  };
  return assertKvmRuns({ driver: 'firecracker', program, boot }, options);
}

/** @returns the last thing that Firecracker said before it ended */
function whyNot(stdout: string, stderr: string): string | undefined {
  const lines = `${stderr}\n${stdout}`
    .split('\n')
    .filter((line) => /error|cannot|fail|denied/i.test(line) && !line.includes('exiting with error'));
  // The time and the name of the thread are of no interest.
  return lines[0]?.replace(/^\S+ \[[^\]]*\] /, '').slice(0, 300);
}
