import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { makeTempDirectory } from '../../../platform/temp-dir.ts';
import { keptFinding } from '../../kept-finding.ts';
import { slowFactor } from '../../slow-factor.ts';
import { findCloudHypervisor } from './find-cloud-hypervisor.ts';
import type { CloudHypervisorProgram } from './find-cloud-hypervisor.ts';
import { PROBE_ANSWER, probeKernel } from './probe-kernel.ts';

interface HostOptions {
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** The probe ends after 0.2 s; where KVM does not really work it takes minutes or for ever. */
const PROBE_DEADLINE_MS = 5_000;
/** Slower is what does not work. */
const PROBE_SLOWEST = 20;
const FORMAT = '1';

/**
 * Finds Cloud Hypervisor, and whether it runs guests here: it boots a kernel of one page.
 * @throws DewarError CLOUD_HYPERVISOR_MISSING, CLOUD_HYPERVISOR_TOO_OLD, CLOUD_HYPERVISOR_BROKEN, KVM_UNUSABLE, INTERRUPTED
 */
export async function probeCloudHypervisorHost(options: HostOptions): Promise<CloudHypervisorProgram> {
  const program = await findCloudHypervisor(options.env);
  const { whyNot } = await keptFinding('cloud-hypervisor', [FORMAT, program.identity], {
    env: options.env,
    schema: Finding,
    isKept: ({ isCostly }) => isCostly,
    find: () => tryTwice(program, options),
  });
  if (whyNot === undefined) return program;
  throw new DewarError({
    code: 'KVM_UNUSABLE',
    message: `${program.path} (${program.version.text}) runs no machine here: ${whyNot}`,
    mend: 'use a host with KVM, on which this user may open /dev/kvm: dewar doctor',
  });
}

interface Finding {
  /** Undefined: it works. */
  whyNot?: string | undefined;
  /** It took long to find out, or it is good news. */
  isCostly: boolean;
}

const Finding: z.ZodType<Finding> = z.object({ whyNot: z.string().optional(), isCostly: z.boolean() });

/** A host that is busy for a moment is not held for one without KVM, which would be believed for a day. */
async function tryTwice(program: CloudHypervisorProgram, options: HostOptions): Promise<Finding> {
  const first = await runProbe(program, options);
  return first.whyNot !== undefined && first.isCostly ? runProbe(program, options) : first;
}

async function runProbe(program: CloudHypervisorProgram, { env, signal }: HostOptions): Promise<Finding> {
  await using directory = await makeTempDirectory('cloud-hypervisor-probe');
  const kernel = join(directory.path, 'kernel');
  const serial = join(directory.path, 'serial');
  await writeFile(kernel, probeKernel());
  const deadlineMs = PROBE_DEADLINE_MS * Math.min(slowFactor(env), PROBE_SLOWEST);
  const machine = ['--cpus', 'boot=1', '--memory', 'size=128M', '--console', 'off'];
  try {
    const result = await runCommand(
      program.path,
      [...machine, '--kernel', kernel, '--serial', `file=${serial}`],
      {
        cwd: directory.path,
        deadlineMs,
        signal,
      },
    );
    const said = await readFile(serial, 'latin1').catch(() => '');
    if (result.exitCode === 0 && said === PROBE_ANSWER) return { isCostly: true };
    const why = lastLine(result.stderr) || `exit code ${result.exitCode}`;
    return { whyNot: `a test program in a machine failed: ${why}`, isCostly: false };
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'DEADLINE') throw error;
    return { whyNot: `a test program in a machine hung for ${deadlineMs / 1000} s`, isCostly: true };
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}
