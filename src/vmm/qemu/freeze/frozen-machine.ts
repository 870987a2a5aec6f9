import { join } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import type { FileDigest } from '../../../platform/durable-files.ts';
import { HostCompatibilitySchema } from '../host/host-compatibility.ts';
import type { HostCompatibility } from '../host/host-compatibility.ts';
import type { Hardware } from '../plan/plan-qemu.ts';

/** The files of a frozen machine, by their names in a bundle. */
export const FROZEN_FILES = ['mem_file', 'vmstate', 'rootfs.backing'] as const;
export type FrozenFile = (typeof FROZEN_FILES)[number];
/** The record beside them. */
export const FROZEN_RECORD = 'machine.json';

/** All that a restore needs to know of a frozen machine, beside its files. */
export interface FrozenMachine {
  format: 1;
  hardware: Hardware;
  /** Name of the image whose disk and kernel it needs. */
  image: string;
  /** What was added to the kernel's command line. */
  kernel_args: string;
  /** Bytes. */
  disk_size: number;
  /** Public; as ssh writes it. */
  host_key: string;
  compatibility: HostCompatibility;
  files: Record<FrozenFile, FileDigest>;
}

export const FileDigestSchema: z.ZodType<FileDigest> = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
});

export const HardwareSchema: z.ZodType<Hardware> = z.strictObject({
  machine: z.string(),
  cpus: z.int(),
  memoryMiB: z.int(),
  mac: z.string(),
  network: z.enum(['user', 'tap', 'none']),
});

const Record: z.ZodType<FrozenMachine> = z.strictObject({
  format: z.literal(1),
  hardware: HardwareSchema,
  image: z.string(),
  kernel_args: z.string(),
  disk_size: z.int().positive(),
  host_key: z.string(),
  compatibility: HostCompatibilitySchema,
  files: z.strictObject({
    mem_file: FileDigestSchema,
    vmstate: FileDigestSchema,
    'rootfs.backing': FileDigestSchema,
  }),
});

/**
 * Reads the record of a frozen machine.
 * @throws DewarError SNAPSHOT_DAMAGED
 */
export async function readFrozenMachine(directory: string): Promise<FrozenMachine> {
  const path = join(directory, FROZEN_RECORD);
  const bytes = await readIfPresent(path);
  try {
    if (bytes !== undefined) return Record.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    throw damaged(`${path} is not the record of a frozen machine`, error);
  }
  throw damaged(`${path} is missing`);
}

export function damaged(message: string, cause?: unknown): DewarError {
  return new DewarError({
    code: 'SNAPSHOT_DAMAGED',
    message,
    mend: 'remove the snapshot and record it again',
    cause,
  });
}
