import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbsent } from '../platform/errno.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { PolicySchema } from './egress-files.ts';
import { slotDirectoryName } from './plan-privileged.ts';
import type { SlotNetwork } from './plan-slot-network.ts';
import type { NetworkPolicy } from './policy.ts';

/** What is said of a network that is there. */
export interface NetworkRecord {
  format: 1;
  network: SlotNetwork;
  policy: NetworkPolicy;
  /** Id of the machine whose it is. */
  machine: string;
}

const Record: z.ZodType<NetworkRecord> = z.object({
  format: z.literal(1),
  network: z.object({
    slot: z.int().min(0).max(63),
    name: z.string(),
    mac: z.string(),
    host: z.string(),
    guest: z.string(),
    prefix: z.literal(30),
  }),
  policy: PolicySchema,
  machine: z.string(),
});

/**
 * @param root absolute; of all networks
 * @returns undefined where a slot has none, or one that is just being made or removed
 */
export async function readNetworkRecord(root: string, slot: number): Promise<NetworkRecord | undefined> {
  const bytes = await readIfPresent(join(root, slotDirectoryName(slot), 'policy'));
  if (bytes === undefined) return undefined;
  try {
    return Record.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** @returns the slots that have a network, or what is left of one */
export async function slotsWithNetworks(root: string): Promise<number[]> {
  try {
    return (await readdir(root)).filter((name) => /^\d\d$/.test(name)).map(Number);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
