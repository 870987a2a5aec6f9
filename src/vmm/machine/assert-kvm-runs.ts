import { z } from 'zod';
import { DewarError } from '../../core/errors.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { keptFinding } from '../kept-finding.ts';
import { slowFactor } from '../slow-factor.ts';

export interface HostOptions {
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

export interface KvmTrial {
  /** Of the driver: a directory in dewar's cache. */
  driver: string;
  program: { path: string; version: { text: string }; /** Of its file. */ identity: string };
  /**
   * Boots something tiny.
   * @param directory absolute; empty, and gone afterwards
   * @returns why that did not run to its end; undefined: it did
   * @throws DewarError DEADLINE, INTERRUPTED
   */
  boot: (
    directory: string,
    limits: { deadlineMs: number; signal: AbortSignal | undefined },
  ) => Promise<string | undefined>;
}

/** The trial ends after 0.2 s; where KVM does not really work it takes minutes or for ever. */
const DEADLINE_MS = 5_000;
/** Slower is what does not work. */
const SLOWEST = 20;
const FORMAT = '1';

interface Finding {
  /** Undefined: it works. */
  whyNot?: string | undefined;
  /** It took long to find out, or it is good news. */
  isCostly: boolean;
}

const Finding: z.ZodType<Finding> = z.object({ whyNot: z.string().optional(), isCostly: z.boolean() });

/**
 * Finds out whether KVM runs a guest of a VMM: being able to open /dev/kvm says little. What was found is kept for a day.
 * @throws DewarError KVM_UNUSABLE, INTERRUPTED
 */
export async function assertKvmRuns(trial: KvmTrial, options: HostOptions): Promise<void> {
  const { driver, program } = trial;
  const { whyNot } = await keptFinding(driver, [FORMAT, program.identity], {
    env: options.env,
    schema: Finding,
    isKept: ({ isCostly }) => isCostly,
    find: () => tryTwice(trial, options),
  });
  if (whyNot === undefined) return;
  throw new DewarError({
    code: 'KVM_UNUSABLE',
    message: `${program.path} (${program.version.text}) runs no machine here: ${whyNot}`,
    mend: 'use a host with KVM, on which this user may open /dev/kvm: dewar doctor',
  });
}

/** A host that is busy for a moment is not held for one without KVM, which would be believed for a day. */
async function tryTwice(trial: KvmTrial, options: HostOptions): Promise<Finding> {
  const first = await tryOnce(trial, options);
  return first.whyNot !== undefined && first.isCostly ? tryOnce(trial, options) : first;
}

async function tryOnce({ driver, boot }: KvmTrial, { env, signal }: HostOptions): Promise<Finding> {
  await using directory = await makeTempDirectory(`${driver}-probe`);
  const deadlineMs = DEADLINE_MS * Math.min(slowFactor(env), SLOWEST);
  try {
    const why = await boot(directory.path, { deadlineMs, signal });
    return why === undefined
      ? { isCostly: true }
      : { whyNot: `a test program in a machine failed: ${why}`, isCostly: false };
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'DEADLINE') throw error;
    return { whyNot: `a test program in a machine hung for ${deadlineMs / 1000} s`, isCostly: true };
  }
}
