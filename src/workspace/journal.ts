import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { DewarError } from '../core/errors.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import type { LifeState } from './life-cycle.ts';

/** What is known of a workspace's machine, whoever comes next. */
export interface Journal {
  format: 1;
  state: LifeState;
  /** The last one; it runs unless the state is `down`. */
  machine: JournalMachine | undefined;
  mounts: JournalMount[];
}

export interface JournalMachine {
  id: string;
  driver: string;
  slot: number;
  /** Milliseconds since the epoch. */
  since: number;
  /** The disk was made for it: worth nothing if it never came up. */
  newDisk: boolean;
  how: 'booted' | 'thawed' | undefined;
  vcpus: number;
  memoryMB: number;
  network: 'open' | 'filtered' | 'off';
  /** Name of its TAP; undefined where the network is the VMM's own. */
  tap?: string | undefined;
  /** Id of the image. */
  image: string;
  /** Of the config with which it was started. */
  machineDigest: string;
  /** What of the config this host ran then: sha256 by absolute path. */
  code: Readonly<Record<string, string>>;
  /** Names of scripts that did not end well. */
  failedScripts: string[];
}

export interface JournalMount {
  /** Of its device; the tag. */
  id: string;
  kind: 'virtiofs' | 'ssh' | 'tmpfs';
  /** Absolute; undefined for a tmpfs. */
  source: string | undefined;
  /** As the user wrote it. */
  target: string;
  readonly: boolean;
}

const Machine: z.ZodType<JournalMachine> = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  driver: z.string(),
  slot: z.int().min(0).max(63),
  since: z.number(),
  newDisk: z.boolean(),
  how: z.enum(['booted', 'thawed']).optional(),
  vcpus: z.int(),
  memoryMB: z.int(),
  network: z.enum(['open', 'filtered', 'off']),
  tap: z.string().optional(),
  image: z.string(),
  machineDigest: z.string(),
  code: z.record(z.string(), z.string()),
  failedScripts: z.array(z.string()),
}) as z.ZodType<JournalMachine>;

const Schema = z.object({
  format: z.literal(1),
  state: z.enum(['down', 'starting', 'up', 'stopping']),
  machine: Machine.optional(),
  mounts: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['virtiofs', 'ssh', 'tmpfs']),
      source: z.string().optional(),
      target: z.string(),
      readonly: z.boolean(),
    }),
  ),
});

/**
 * @returns that of a machine that never was, when there is none
 * @throws DewarError JOURNAL_DAMAGED
 */
export async function readJournal(path: string): Promise<Journal> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return { format: 1, state: 'down', machine: undefined, mounts: [] };
  try {
    return Schema.parse(JSON.parse(bytes.toString('utf8'))) as Journal;
  } catch (error) {
    throw new DewarError({
      code: 'JOURNAL_DAMAGED',
      message: `${path} is no journal of a machine`,
      mend: 'end what runs and forget the rest: dewar down --force',
      cause: error,
    });
  }
}

/** Whole or not at all, and on the disk when it returns. */
export async function writeJournal(path: string, journal: Journal): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, `${JSON.stringify(journal, undefined, 2)}\n`, { mode: 0o600 });
}
