import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { digestFile } from '../../platform/durable-files.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import type { Guest, GuestHost, GuestImage } from '../../vmm/guest-host.ts';
import type { BenchContext } from '../bench-context.ts';
import { guestImage } from '../machines/guest-image.ts';
import { timedGuest } from '../machines/timed-guest.ts';
import type { TimedGuest } from '../machines/timed-guest.ts';
import { phase } from './phase.ts';

/** A machine that was frozen once and thawed twice. Milliseconds. */
export interface ShownMachine {
  /** QEMU's version. */
  program: string;
  accelerator: 'kvm' | 'tcg';
  memory_mib: number;
  /** Null when it was in the cache. */
  image_build_ms: number | null;
  /** Start of QEMU to the end of the first program in it. */
  boot_ms: number;
  freeze_ms: number;
  /** Two of them, at the same time. */
  clones: ShownClone[];
  /** Both have what was in the memory that was frozen, and names and random numbers of their own. */
  right: boolean;
  /** The files of the snapshot are the same bytes after both have written to their memory and disk. */
  bundle_unchanged: boolean;
}

export interface ShownClone {
  /** As `boot_ms`. */
  thaw_ms: number;
  machine_id: string;
  /** 16 bytes of its kernel's random numbers, hex. */
  random: string;
  /** Whether it has what was in the memory of the machine that was frozen. */
  remembers: boolean;
}

export interface NoMachine {
  why: string;
}

const MEMORY_MIB = 256;
/** A file system in memory. */
const MEMO = '/run/dewar-demo';

/**
 * Boots a machine of the image `minimal`, which is built where it is not yet there, freezes it and brings it back twice at
 * once.
 * @param directory absolute; keeps nothing
 * @returns why none can be shown, where this host lacks what a machine needs
 * @throws DewarError as machines do
 */
export async function showMachine(
  directory: string,
  context: BenchContext,
): Promise<ShownMachine | NoMachine> {
  const found = await orWhyNot(async () => {
    const host = await context.openGuestHost(context.env, join(directory, 'machines'), context);
    const message = 'the guest image minimal: from the cache, or built now, which takes a minute and more';
    return { host, ...(await phase(context, 'image', message, () => guestImage('minimal', context))) };
  }, always);
  if ('why' in found) return found;
  const { host, image, buildMs = null } = found;
  try {
    return await orWhyNot(async () => {
      const shown = await freezeAndThaw(host, image, join(directory, 'frozen'), context);
      return { image_build_ms: buildMs, ...shown };
    }, isNoSpace);
  } finally {
    await removeTree(directory);
  }
}

async function freezeAndThaw(
  host: GuestHost,
  image: GuestImage,
  bundle: string,
  context: BenchContext,
): Promise<Omit<ShownMachine, 'image_build_ms'>> {
  const { signal } = context;
  const memo = randomBytes(16).toString('hex');
  const spec = { image, memoryMiB: MEMORY_MIB, freezable: true };
  const { guest, answerMs } = await phase(context, 'boot', 'booting a machine', async () =>
    timedGuest(host.boot(spec, context), signal),
  );
  let freezeMs = 0;
  try {
    await output(guest, `echo ${memo} >${MEMO}`, signal);
    const freezing = performance.now();
    await phase(context, 'freeze', 'freezing it', () => guest.freeze(bundle));
    freezeMs = performance.now() - freezing;
  } finally {
    await guest.kill();
  }
  const before = await digestsOf(bundle);
  const clones = await phase(context, 'thaw', 'thawing it twice at once', () =>
    twoClones(host, bundle, image, memo, context),
  );
  const [one, two] = clones;
  return {
    program: host.program,
    accelerator: host.accelerator,
    memory_mib: MEMORY_MIB,
    boot_ms: answerMs,
    freeze_ms: freezeMs,
    clones,
    right:
      clones.every(({ remembers }) => remembers) &&
      one?.machine_id !== two?.machine_id &&
      one?.random !== two?.random,
    bundle_unchanged: before === (await digestsOf(bundle)),
  };
}

async function twoClones(
  host: GuestHost,
  bundle: string,
  image: GuestImage,
  memo: string,
  context: BenchContext,
): Promise<ShownClone[]> {
  const { signal } = context;
  const asked = [1, 2].map(() => timedGuest(host.restore(bundle, image, context), signal));
  const settled = await Promise.allSettled(asked);
  const clones = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    const failed = settled.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return await Promise.all(clones.map((clone) => askClone(clone, memo, signal)));
  } finally {
    for (const { guest } of clones) await guest.kill();
  }
}

/** Asks a clone who it is, and has it write to its memory and its disk. */
async function askClone(
  { guest, answerMs }: TimedGuest,
  memo: string,
  signal: AbortSignal,
): Promise<ShownClone> {
  const script = `cat ${MEMO} /etc/machine-id; od -An -tx1 -N16 /dev/urandom | tr -d ' \\n'
    head -c 8M /dev/urandom | tee ${MEMO} >/root/own; sync`;
  const [remembered, machineId = '', random = ''] = (await output(guest, script, signal)).split('\n');
  return { thaw_ms: answerMs, machine_id: machineId, random, remembers: remembered === memo };
}

async function output(guest: Guest, script: string, signal: AbortSignal): Promise<string> {
  const { exitCode, stdout, stderr } = await guest.run(['sh', '-ec', script], { signal });
  if (exitCode === 0) return stdout.toString('utf8');
  throw new DewarError({
    code: 'BENCH_STEP_FAILED',
    message: `a program in the machine ended with exit code ${exitCode}: ${stderr.trim()}`,
    mend: 'build the image again: dewar image rm minimal, then dewar image build',
  });
}

/** @returns digests of all files of a directory, as one text */
async function digestsOf(directory: string): Promise<string> {
  const lines: string[] = [];
  for (const name of (await readdir(directory)).toSorted())
    lines.push(`${(await digestFile(join(directory, name))).sha256} ${name}`);
  return lines.join('\n');
}

async function orWhyNot<T>(
  work: () => Promise<T>,
  expected: (error: DewarError) => boolean,
): Promise<T | NoMachine> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DewarError) || error.code === 'INTERRUPTED' || !expected(error)) throw error;
    return { why: `${error.message}; ${error.mend}` };
  }
}

function always(): boolean {
  return true;
}

function isNoSpace({ code }: DewarError): boolean {
  return code === 'NO_SPACE';
}
