import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DewarError } from '../core/errors.ts';
import { tryAcquireLock } from '../platform/file-lock.ts';
import type { FileLock } from '../platform/file-lock.ts';
import { readIfPresent } from '../platform/read-if-present.ts';
import { runtimeDirectory } from '../platform/runtime-directory.ts';

/** Machines that may run at once, for one user. */
export const SLOTS = 64;

/** A slot that is this process's, and that of the machine which inherits its lock: free when both have ended. */
export interface Slot {
  /** 0 to 63. */
  number: number;
  lock: FileLock;
  /** Who had it, and died without clearing it. */
  previous: SlotHolder | undefined;
}

/** Who has a slot. */
export interface SlotHolder {
  /** Absolute path of the state of the machine's workspace. */
  state: string;
  workspace: string;
  /** Of the machine, for people; and its id. */
  name: string;
  machine: string;
  driver: string;
}

const Holder: z.ZodType<SlotHolder> = z.object({
  state: z.string(),
  workspace: z.string(),
  name: z.string(),
  machine: z.string(),
  driver: z.string(),
});

/**
 * @param except slots that are not to be taken
 * @throws DewarError NO_SLOT when all are taken; RUNTIME_DIRECTORY, LOCK_FAILED
 */
export async function takeSlot(
  env: Readonly<Record<string, string>>,
  holder: SlotHolder,
  except: ReadonlySet<number> = new Set(),
): Promise<Slot> {
  const directory = await slotsDirectory(env);
  for (let number = 0; number < SLOTS; number++) {
    if (except.has(number)) continue;
    const path = pathOf(directory, number);
    const lock = await tryAcquireLock(path);
    if (lock === undefined) continue;
    const left = await readIfPresent(path);
    await writeFile(path, JSON.stringify(holder));
    return { number, lock, previous: left && parse(left) };
  }
  throw new DewarError({
    code: 'NO_SLOT',
    message: `all ${SLOTS} slots for machines are taken`,
    mend: 'end a machine that is not needed: dewar status shows all, dewar down ends one',
  });
}

/**
 * Looks at all slots, and clears those whose holder is dead.
 * @returns who holds a slot, or held it until it died
 */
export async function listSlots(
  env: Readonly<Record<string, string>>,
): Promise<(SlotHolder & { number: number; held: boolean })[]> {
  const directory = await slotsDirectory(env);
  const found: (SlotHolder & { number: number; held: boolean })[] = [];
  for (let number = 0; number < SLOTS; number++) {
    const path = pathOf(directory, number);
    const bytes = await readIfPresent(path);
    if (bytes === undefined) continue;
    const lock = await tryAcquireLock(path);
    const held = lock === undefined;
    await lock?.release({ remove: true });
    const holder = parse(bytes);
    if (holder !== undefined) found.push({ ...holder, number, held });
  }
  return found;
}

/** @returns who has a slot, or had it; undefined when nobody has */
export async function holderOfSlot(
  env: Readonly<Record<string, string>>,
  number: number,
): Promise<SlotHolder | undefined> {
  const bytes = await readIfPresent(pathOf(await slotsDirectory(env), number));
  return bytes && parse(bytes);
}

/** Clears a slot whose machine has ended. */
export async function clearSlot(env: Readonly<Record<string, string>>, number: number): Promise<void> {
  const lock = await tryAcquireLock(pathOf(await slotsDirectory(env), number));
  await lock?.release({ remove: true });
}

function parse(bytes: Buffer): SlotHolder | undefined {
  try {
    return Holder.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    // Its holder died while it wrote, or has just taken it.
    return undefined;
  }
}

async function slotsDirectory(env: Readonly<Record<string, string>>): Promise<string> {
  return join(await runtimeDirectory(env), 'slots');
}

function pathOf(directory: string, number: number): string {
  return join(directory, String(number).padStart(2, '0'));
}
