import { randomBytes, randomUUID } from 'node:crypto';
import { DewarError } from '../core/errors.ts';
import type { Transport } from '../platform/ssh.ts';
import { REFRESH_SCRIPT } from './refresh-script.ts';

/** What a refresh needs of a machine. */
export interface RefreshedGuest {
  readonly id: string;
  readonly ssh: Transport;
  readonly agent: GuestCommands;
}

/** The part of the guest agent that is used here. */
export interface GuestCommands {
  /** @returns nanoseconds since the epoch, as the guest has it */
  time(options?: GuestLimits): Promise<bigint>;
  run(
    path: string,
    args: readonly string[],
    options?: GuestLimits & { input?: string | Uint8Array },
  ): Promise<{ exitCode: number; stdout: Buffer; stderr: string }>;
}

export interface GuestLimits {
  deadlineMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What a plugin does to a restored machine before it serves. */
export interface CloneHook {
  /** For messages. */
  name: string;
  /** An error it throws keeps the machine from serving. */
  run(guest: RefreshedGuest, options: GuestLimits): Promise<void>;
}

export interface RefreshOptions extends GuestLimits {
  hostname: string;
  /** Run in order, after the guest has its own clock, random numbers and names. */
  hooks?: readonly CloneHook[];
}

/** Enough to seed the kernel's generator twice over. */
const ENTROPY_BYTES = 64;
/** An answer within this is good enough. */
const CLOCK_PRECISION_MS = 100;
const CLOCK_TRIES = 5;
const HOSTNAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/**
 * Makes a restored guest a machine of its own, then runs the hooks. What a program of the guest had in its own memory stays:
 * one that makes random numbers by itself needs a hook.
 * @throws DewarError GUEST_UNFIT, HOOK_FAILED; what the agent throws
 */
export async function refreshClone(guest: RefreshedGuest, options: RefreshOptions): Promise<void> {
  await refreshIdentity(guest.agent, options);
  const { deadlineMs, signal } = options;
  for (const hook of options.hooks ?? []) await runHook(hook, guest, { deadlineMs, signal });
}

/**
 * Gives a restored guest the host's clock, fresh random numbers (the kernel's generator is reseeded), a machine-id, boot id and
 * hostname that no other clone has.
 * @throws DewarError BAD_MACHINE, GUEST_UNFIT; what the agent throws
 */
export async function refreshIdentity(
  agent: GuestCommands,
  { hostname, deadlineMs, signal }: Omit<RefreshOptions, 'hooks'>,
): Promise<void> {
  if (!HOSTNAME.test(hostname))
    throw new DewarError({
      code: 'BAD_MACHINE',
      message: `${JSON.stringify(hostname)} is not a host name`,
      mend: 'use at most 63 letters, digits and hyphens',
    });
  const limits = { deadlineMs, signal };
  const behind = await clockLag(agent, limits);
  const input = [
    behind.toString(),
    randomBytes(ENTROPY_BYTES).toString('hex'),
    randomUUID().replaceAll('-', ''),
    randomUUID(),
    hostname,
  ].join('\n');
  const done = await agent.run('/usr/bin/perl', ['-e', REFRESH_SCRIPT], { ...limits, input });
  if (done.exitCode !== 0)
    throw new DewarError({
      code: 'GUEST_UNFIT',
      message: `the restored guest could not be given its own clock, random numbers and names: ${done.stderr.trim()}`,
      mend: 'use an image with perl-base, as every Debian has',
    });
}

/**
 * By how much the guest's clock is behind, to be added there whenever that is. An answer is of some moment of the time it
 * took, so one that took long is asked for again: the first touches memory that has to be read, and a host may be busy.
 * @returns nanoseconds
 */
async function clockLag(agent: GuestCommands, limits: GuestLimits): Promise<bigint> {
  let lag = 0n;
  let shortest = Infinity;
  for (let tries = 0; tries < CLOCK_TRIES && shortest > CLOCK_PRECISION_MS; tries++) {
    const before = Date.now();
    const theirs = await agent.time(limits);
    const after = Date.now();
    if (after - before >= shortest) continue;
    shortest = after - before;
    lag = BigInt(Math.round(((before + after) / 2) * 1e6)) - theirs;
  }
  return lag;
}

async function runHook(hook: CloneHook, guest: RefreshedGuest, limits: GuestLimits): Promise<void> {
  try {
    await hook.run(guest, limits);
  } catch (error) {
    throw new DewarError({
      code: 'HOOK_FAILED',
      message: `${hook.name} failed in the restored machine ${guest.id}: ${error instanceof Error ? error.message : String(error)}`,
      mend: `disable ${hook.name}, or mend what it says`,
      cause: error,
    });
  }
}
