import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { makeTempDirectory } from '../../../platform/temp-dir.ts';
import { keptFinding } from '../../kept-finding.ts';
import { slowFactor } from '../../slow-factor.ts';
import { findFirecracker } from './find-firecracker.ts';
import type { FirecrackerProgram } from './find-firecracker.ts';
import { PROBE_WORDS, probeKernel } from './probe-kernel.ts';

export interface HostOptions {
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** The kernel ends after 0.2 s; where KVM does not really work it takes minutes or for ever. */
const PROBE_DEADLINE_MS = 5_000;
/** Slower is what does not work. */
const PROBE_SLOWEST = 20;
const FORMAT = '1';

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
export async function bootSomething(program: FirecrackerProgram, options: HostOptions): Promise<void> {
  const { whyNot } = await keptFinding('firecracker', [FORMAT, program.identity], {
    env: options.env,
    schema: Finding,
    isKept: ({ isCostly }) => isCostly,
    find: () => tryTwice(program, options),
  });
  if (whyNot === undefined) return;
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
async function tryTwice(program: FirecrackerProgram, options: HostOptions): Promise<Finding> {
  const first = await runKernel(program, options);
  return first.whyNot !== undefined && first.isCostly ? runKernel(program, options) : first;
}

async function runKernel(program: FirecrackerProgram, { env, signal }: HostOptions): Promise<Finding> {
  await using directory = await makeTempDirectory('firecracker-probe');
  const kernel = join(directory.path, 'kernel');
  const config = join(directory.path, 'probe.json');
  await writeFile(kernel, probeKernel());
  await writeFile(config, JSON.stringify(machineOf(kernel)));
  const deadlineMs = PROBE_DEADLINE_MS * Math.min(slowFactor(env), PROBE_SLOWEST);
  try {
    const result = await runCommand(program.path, ['--no-api', '--config-file', config], {
      deadlineMs,
      signal,
    });
    const said = result.stdout.toString('utf8');
    if (result.exitCode === 0 && said.includes(PROBE_WORDS)) return { isCostly: true };
    const why = whyNot(said, result.stderr) ?? `exit code ${result.exitCode}`;
    return { whyNot: `a test program in a machine failed: ${why}`, isCostly: false };
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'DEADLINE') throw error;
    return { whyNot: `a test program in a machine hung for ${deadlineMs / 1000} s`, isCostly: true };
  }
}

/** The file that Firecracker takes in the place of requests. */
function machineOf(kernel: string): object {
  return {
    'boot-source': { kernel_image_path: kernel, boot_args: '' },
    'machine-config': { vcpu_count: 1, mem_size_mib: 128 },
    drives: [],
  };
}

/** @returns the last thing that Firecracker said before it ended */
function whyNot(stdout: string, stderr: string): string | undefined {
  const lines = `${stderr}\n${stdout}`
    .split('\n')
    .filter((line) => /error|cannot|fail|denied/i.test(line) && !line.includes('exiting with error'));
  // The time and the name of the thread are of no interest.
  return lines[0]?.replace(/^\S+ \[[^\]]*\] /, '').slice(0, 300);
}
