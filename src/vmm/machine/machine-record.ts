import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { DewarError } from '../../core/errors.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { HardwareSchema } from './hardware.ts';
import type { Hardware } from './hardware.ts';
import type { MachinePaths } from './machine-paths.ts';

/** What a later process needs to know of a machine that runs. */
export interface MachineRecord {
  format: 1;
  hardware: Hardware;
  /** Name of the image. */
  image: string;
  address: { host: string; port: number };
  /** Public; as ssh writes it. */
  host_key: string;
  /** What is plugged in, or was being plugged in when a process died. */
  devices: PluggedDevice[];
}

export interface PluggedDevice {
  /** The VMM's name of where it is. */
  slot: string;
  id: string;
  kind: 'disk' | 'share';
}

const Record: z.ZodType<MachineRecord> = z.strictObject({
  format: z.literal(1),
  hardware: HardwareSchema,
  image: z.string(),
  address: z.strictObject({ host: z.string(), port: z.int() }),
  host_key: z.string(),
  devices: z.array(z.strictObject({ slot: z.string(), id: z.string(), kind: z.enum(['disk', 'share']) })),
});

const NAME = 'running.json';

export async function writeMachineRecord({ directory }: MachinePaths, record: MachineRecord): Promise<void> {
  await writeFileAtomic(join(directory, NAME), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/**
 * @returns undefined where there is none: the machine has not booted
 * @throws DewarError MACHINE_RECORD_DAMAGED
 */
export async function readMachineRecord({ directory }: MachinePaths): Promise<MachineRecord | undefined> {
  const bytes = await readIfPresent(join(directory, NAME));
  if (bytes === undefined) return undefined;
  try {
    return Record.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new DewarError({
      code: 'MACHINE_RECORD_DAMAGED',
      message: `${join(directory, NAME)} is not the record of a running machine`,
      mend: 'end the machine: dewar down --force',
      cause: error,
    });
  }
}
