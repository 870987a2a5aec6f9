import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestHost, GuestImage } from '../../vmm/guest-host.ts';
import type { BenchContext } from '../bench-context.ts';
import { fillMemory } from './fill-memory.ts';

/** A machine frozen with half of its memory in use. */
export interface FrozenGuest {
  memoryMiB: number;
  filledMiB: number;
  /** Checksum of what its memory was filled with. */
  checksum: string;
  /** Absolute. */
  bundle: string;
  freezeMs: number;
  /** Bytes of the memory file that are not holes. */
  memoryFileBytes: number;
}

/**
 * Boots a machine, fills half of its memory with random data, and freezes it.
 * @param bundle absent directory
 * @throws DewarError as the host does, BENCH_STEP_FAILED
 */
export async function frozenGuest(
  host: GuestHost,
  image: GuestImage,
  memoryMiB: number,
  bundle: string,
  context: BenchContext,
): Promise<FrozenGuest> {
  const guest = await host.boot({ image, memoryMiB, freezable: true }, context);
  try {
    const filledMiB = memoryMiB / 2;
    const checksum = await fillMemory(guest, filledMiB, context.signal);
    const started = performance.now();
    await guest.freeze(bundle);
    const freezeMs = performance.now() - started;
    const { blocks } = await stat(join(bundle, 'mem_file'));
    return { memoryMiB, filledMiB, checksum, bundle, freezeMs, memoryFileBytes: blocks * 512 };
  } catch (error) {
    await rm(bundle, { recursive: true, force: true });
    throw error;
  } finally {
    await guest.kill();
  }
}
