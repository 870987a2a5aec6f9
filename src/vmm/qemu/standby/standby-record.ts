import { join } from 'node:path';
import { z } from 'zod';
import type { FileDigest } from '../../../platform/durable-files.ts';
import { readIfPresent } from '../../../platform/read-if-present.ts';
import { damaged, FileDigestSchema } from '../../machine/freeze/frozen-machine.ts';
import { HardwareSchema } from '../../machine/hardware.ts';
import type { Hardware } from '../../machine/hardware.ts';
import { HostCompatibilitySchema } from '../host/host-compatibility.ts';
import type { HostCompatibility } from '../host/host-compatibility.ts';

/** The files of a standby, by name. */
export const STANDBY_FILES = {
  memory: 'memory.tar',
  state: 'vmstate',
  disk: 'root.qcow2',
  record: 'standby.json',
} as const;

/** A machine that has booted and was saved before anything of its user reached it. */
export interface StandbyRecord {
  format: 1;
  hardware: Hardware;
  /** Name of the image. */
  image: string;
  kernel_args: string;
  /** Public; as ssh writes it. */
  host_key: string;
  compatibility: HostCompatibility;
  files: { 'memory.tar': FileDigest; vmstate: FileDigest; 'root.qcow2': FileDigest };
}

const Record: z.ZodType<StandbyRecord> = z.strictObject({
  format: z.literal(1),
  hardware: HardwareSchema,
  image: z.string(),
  kernel_args: z.string(),
  host_key: z.string(),
  compatibility: HostCompatibilitySchema,
  files: z.strictObject({
    'memory.tar': FileDigestSchema,
    vmstate: FileDigestSchema,
    'root.qcow2': FileDigestSchema,
  }),
});

/**
 * @returns undefined where there is none
 * @throws DewarError SNAPSHOT_DAMAGED
 */
export async function readStandby(directory: string): Promise<StandbyRecord | undefined> {
  const path = join(directory, STANDBY_FILES.record);
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return undefined;
  try {
    return Record.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw damaged(`${path} is not the record of a machine`, error);
  }
}
