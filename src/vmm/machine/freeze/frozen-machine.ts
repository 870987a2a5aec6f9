import { join } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../../../core/errors.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { DIGEST_BLOCK } from '../../../platform/durable-files.ts';
import type { FileDigest } from '../../../platform/durable-files.ts';
import { HardwareSchema } from '../hardware.ts';
import type { Hardware } from '../hardware.ts';

/** The files of a frozen machine, by their names in a bundle. */
export const FROZEN_FILES = ['mem_file', 'vmstate', 'rootfs.backing'] as const;
export type FrozenFile = (typeof FROZEN_FILES)[number];
/** The record beside them. */
export const FROZEN_RECORD = 'machine.json';

/** All that a restore needs to know of a frozen machine, beside its files. */
export interface FrozenMachine<Compatibility extends object = object, Extra = unknown> {
  format: 1;
  /** Which froze it, and alone can bring it back. */
  driver: string;
  hardware: Hardware;
  /** Name of the image whose disk and kernel it needs. */
  image: string;
  /** What was added to the kernel's command line. */
  kernel_args: string;
  /** Bytes. */
  disk_size: number;
  /** Public; as ssh writes it. */
  host_key: string;
  /** What its memory needs of a host. */
  compatibility: Compatibility;
  /** What else that driver needs to bring it back. */
  extra?: Extra | undefined;
  files: Record<FrozenFile, FileDigest>;
}

/** What is of one driver in a record. */
export interface FrozenKind<Compatibility extends object, Extra> {
  driver: string;
  compatibility: z.ZodType<Compatibility>;
  /** None by default. */
  extra?: z.ZodType<Extra>;
}

export const FileDigestSchema: z.ZodType<FileDigest> = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
  blocks: z.literal(DIGEST_BLOCK).optional(),
});

/** Records of older dewars name no driver. */
const FIRST_DRIVER = 'qemu';
const Driver = z.object({ driver: z.string().default(FIRST_DRIVER) });

/**
 * Reads the record of a machine that a driver froze.
 * @throws DewarError SNAPSHOT_DAMAGED; HOST_INCOMPATIBLE for that of another driver
 */
export async function readFrozenMachine<Compatibility extends object, Extra = undefined>(
  directory: string,
  kind: FrozenKind<Compatibility, Extra>,
): Promise<FrozenMachine<Compatibility, Extra>> {
  const path = join(directory, FROZEN_RECORD);
  const bytes = await readIfPresent(path);
  if (bytes === undefined) throw damaged(`${path} is missing`);
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    const { driver } = Driver.parse(json);
    if (driver !== kind.driver) throw ofAnotherDriver(directory, driver, kind.driver);
    return schemaOf(kind).parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    throw damaged(`${path} is not the record of a frozen machine`, error);
  }
}

function schemaOf<Compatibility extends object, Extra>(
  kind: FrozenKind<Compatibility, Extra>,
): z.ZodType<FrozenMachine<Compatibility, Extra>> {
  const schema = z.strictObject({
    format: z.literal(1),
    driver: z.string().default(FIRST_DRIVER),
    hardware: HardwareSchema,
    image: z.string(),
    kernel_args: z.string(),
    disk_size: z.int().positive(),
    host_key: z.string(),
    compatibility: kind.compatibility,
    ...(kind.extra === undefined ? {} : { extra: kind.extra }),
    files: z.strictObject({
      mem_file: FileDigestSchema,
      vmstate: FileDigestSchema,
      'rootfs.backing': FileDigestSchema,
    }),
  });
  return schema as unknown as z.ZodType<FrozenMachine<Compatibility, Extra>>;
}

function ofAnotherDriver(directory: string, theirs: string, ours: string): DewarError {
  return new DewarError({
    code: 'HOST_INCOMPATIBLE',
    message: `the machine frozen in ${directory} is of the driver ${theirs}, not ${ours}`,
    mend: `use --driver ${theirs}, or record the snapshot again with ${ours}`,
  });
}

export function damaged(message: string, cause?: unknown): DewarError {
  return new DewarError({
    code: 'SNAPSHOT_DAMAGED',
    message,
    mend: 'remove the snapshot and record it again',
    cause,
  });
}
