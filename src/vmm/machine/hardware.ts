import { z } from 'zod';

/** What a guest sees of its machine, apart from its disks: the same before and after a restore. */
export interface Hardware {
  /** The VMM's name of the kind of machine. */
  machine: string;
  cpus: number;
  memoryMiB: number;
  mac: string;
  network: 'user' | 'tap' | 'none';
}

export const HardwareSchema: z.ZodType<Hardware> = z.strictObject({
  machine: z.string(),
  cpus: z.int(),
  memoryMiB: z.int(),
  mac: z.string(),
  network: z.enum(['user', 'tap', 'none']),
});
