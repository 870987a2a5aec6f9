import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { cacheDirectory } from '../../../platform/cache-directory.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { runCommand } from '../../../platform/run-command.ts';
import { makeTempDirectory } from '../../../platform/temp-dir.ts';
import { slowFactor } from '../../slow-factor.ts';
import { agreedRate } from './agreed-rate.ts';
import { askQemu } from './ask-qemu.ts';
import { findQemu } from './find-qemu.ts';
import type { QemuProgram } from './find-qemu.ts';
import { probeRom, tscKilohertz } from './probe-rom.ts';

export type Accelerator = 'kvm' | 'tcg';

/** What QEMU can do on this host; found by trying. */
export interface QemuHost {
  qemu: QemuProgram;
  accelerator: Accelerator;
  /** Why KVM is not used; undefined when it is. */
  whyNoKvm?: string | undefined;
  /** Rate of the time stamp counter that a guest sees. */
  tscKilohertz: number;
  /** `-sandbox on` works. */
  sandbox: boolean;
  cpu: HostCpu;
  /** The full name of the machine type q35, such as `pc-q35-10.0`. */
  q35: string;
}

export interface HostCpu {
  /** QEMU's model: `host` with KVM, `max` with TCG. */
  model: string;
  /** The host's own name of its CPU where the guest sees it (KVM); empty otherwise. */
  hostModel: string;
  /** What QEMU offers a guest, sorted. */
  flags: string[];
}

export interface HostOptions {
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** A host that works may change by a microcode update or another kernel module, which nothing names. */
const EXPIRY_MS = 24 * 60 * 60 * 1000;
/** The ROM ends after 0.3 s, with TCG 0.6 s; where KVM does not really work it takes minutes or for ever. */
const ROM_DEADLINE_MS = 5_000;
/** Slower is what does not work. */
const ROM_SLOWEST = 20;
const FORMAT = 5;

/**
 * Finds QEMU and what works here: KVM if a guest really runs under it, else TCG. What was found is kept for a day in
 * dewar's cache directory, for the same QEMU, kernel and /dev/kvm. `DEWAR_ACCEL=tcg|kvm` takes one without trying the
 * other.
 * @throws DewarError QEMU_MISSING, QEMU_TOO_OLD, QEMU_BROKEN, BAD_ENV, INTERRUPTED
 */
export async function probeQemuHost(options: HostOptions): Promise<QemuHost> {
  const qemu = await findQemu(options.env);
  const wish = options.env['DEWAR_ACCEL'];
  if (wish !== undefined && wish !== '' && wish !== 'tcg' && wish !== 'kvm')
    throw new DewarError({
      code: 'BAD_ENV',
      message: `DEWAR_ACCEL=${wish} is not an accelerator`,
      mend: 'set it to kvm or tcg, or unset it',
    });
  const key = createHash('sha256')
    .update([FORMAT, qemu.identity, release(), await kvmIdentity(), wish ?? ''].join('\0'))
    .digest('hex');
  const path = join(cacheDirectory(options.env), 'qemu', `host-${key.slice(0, 24)}.json`);
  const known = await readKnown(path);
  if (known !== undefined) return { qemu, ...known };
  const found = await probe(qemu, wish === '' ? undefined : wish, options);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, `${JSON.stringify({ ...found, at: Date.now() })}\n`);
  return { qemu, ...found };
}

type Found = Omit<QemuHost, 'qemu'>;

const Known = z.object({
  at: z.number(),
  accelerator: z.enum(['kvm', 'tcg']),
  whyNoKvm: z.string().optional(),
  tscKilohertz: z.number(),
  sandbox: z.boolean(),
  cpu: z.object({ model: z.string(), hostModel: z.string(), flags: z.array(z.string()) }),
  q35: z.string(),
});

async function readKnown(path: string): Promise<Found | undefined> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return undefined;
  try {
    const { at, ...found } = Known.parse(JSON.parse(bytes.toString('utf8')));
    const age = Date.now() - at;
    return age >= 0 && age < EXPIRY_MS ? found : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

async function kvmIdentity(): Promise<string> {
  const node = await stat('/dev/kvm').catch(() => undefined);
  return node === undefined ? 'none' : [node.dev, node.ino, node.rdev, node.mode, node.ctimeMs].join(':');
}

async function probe(qemu: QemuProgram, wish: string | undefined, options: HostOptions): Promise<Found> {
  await using directory = await makeTempDirectory('qemu-probe');
  const rom = join(directory.path, 'rom');
  await writeFile(rom, probeRom());
  const kvm = wish === 'tcg' ? 'DEWAR_ACCEL=tcg' : await tryKvm(qemu, rom, options);
  const accelerator = typeof kvm === 'number' ? 'kvm' : 'tcg';
  if (typeof kvm === 'string' && wish === 'kvm') throw broken(qemu, `KVM does not work here: ${kvm}`);
  const rate = typeof kvm === 'number' ? kvm : await agreedRate(() => runRom(qemu, rom, 'tcg', options));
  if (typeof rate === 'string') throw broken(qemu, rate);
  const facts = await askQemu(qemu.path, accelerator, options.signal);
  const hostModel = accelerator === 'kvm' ? await cpuName() : '';
  return {
    accelerator,
    ...(typeof kvm === 'string' ? { whyNoKvm: kvm } : {}),
    // What was timed once may be wrong, and a snapshot only runs at the rate at which it was recorded.
    tscKilohertz: facts.tscKilohertz ?? rate,
    sandbox: facts.sandbox,
    cpu: { model: facts.cpuModel, hostModel, flags: facts.flags },
    q35: facts.q35,
  };
}

/** A host that is busy for a moment is not held for one without KVM, which would be believed for a day. */
async function tryKvm(qemu: QemuProgram, rom: string, options: HostOptions): Promise<number | string> {
  const first = await runRom(qemu, rom, 'kvm', options);
  return typeof first === 'number' ? first : await runRom(qemu, rom, 'kvm', options);
}

/** @returns the TSC's rate in kHz, or why no guest runs */
async function runRom(
  qemu: QemuProgram,
  rom: string,
  accelerator: Accelerator,
  { env, signal }: HostOptions,
): Promise<number | string> {
  const deadlineMs = ROM_DEADLINE_MS * Math.min(slowFactor(env), ROM_SLOWEST);
  const words = [
    '-no-user-config -nodefaults -display none -no-reboot -m 16',
    `-machine pc,accel=${accelerator} -cpu ${accelerator === 'kvm' ? 'host' : 'max'}`,
    '-debugcon stdio -device isa-debug-exit,iobase=0xf4,iosize=4',
  ];
  try {
    const result = await runCommand(qemu.path, [...words.join(' ').split(' '), '-bios', rom], {
      deadlineMs,
      signal,
    });
    const rate = tscKilohertz(result.stdout.toString('latin1'));
    if (result.exitCode === 1 && rate !== undefined) return rate;
    return `a test program in a machine with accel=${accelerator} failed: ${
      result.stderr.trim().split('\n')[0] || `exit code ${result.exitCode}`
    }`;
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'DEADLINE') throw error;
    return `a test program in a machine with accel=${accelerator} hung for ${deadlineMs / 1000} s`;
  }
}

async function cpuName(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8');
  return /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? '';
}

function broken(qemu: QemuProgram, why: string): DewarError {
  return new DewarError({
    code: 'QEMU_BROKEN',
    message: `${qemu.path} (${qemu.version.text}) runs no machine: ${why}`,
    mend: 'install qemu-system-x86 again; to take another accelerator set or unset DEWAR_ACCEL',
  });
}
