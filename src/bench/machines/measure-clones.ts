import { DewarError } from '../../core/errors.ts';
import type { Guest, GuestHost, GuestImage } from '../../vmm/guest-host.ts';
import type { BenchContext } from '../bench-context.ts';
import { processMemory } from '../measure/process-memory.ts';
import type { ProcessMemory } from '../measure/process-memory.ts';
import type { CloneMemory } from '../report/machines-report.ts';
import { readFilledMemory } from './fill-memory.ts';
import type { FrozenGuest } from './frozen-guest.ts';
import { timedGuest } from './timed-guest.ts';

const MEMORY_FILE = '/mem_file';

/**
 * Memory of two clones of one snapshot that run at the same time: when both have answered, and when both have read all that
 * the snapshot's memory was filled with.
 * @throws DewarError BENCH_WRONG_MEMORY; as the host does
 */
export async function measureClones(
  host: GuestHost,
  image: GuestImage,
  { bundle, checksum, memoryMiB }: FrozenGuest,
  context: BenchContext,
): Promise<CloneMemory> {
  const clones: Guest[] = [];
  try {
    for (let made = 0; made < 2; made++)
      clones.push((await timedGuest(host.restore(bundle, image, context), context.signal)).guest);
    const answered = await memoryOf(clones);
    for (const clone of clones)
      if ((await readFilledMemory(clone, context.signal)) !== checksum) throw wrongMemory(memoryMiB);
    return { answered, read_all: await memoryOf(clones) };
  } finally {
    for (const clone of clones) await clone.kill();
  }
}

async function memoryOf(clones: readonly Guest[]): Promise<ProcessMemory[]> {
  return Promise.all(clones.map(({ pid }) => processMemory(pid, MEMORY_FILE)));
}

function wrongMemory(memoryMiB: number): DewarError {
  return new DewarError({
    code: 'BENCH_WRONG_MEMORY',
    message: `a clone of a machine with ${memoryMiB} MiB does not have the memory that was frozen`,
    mend: 'trust no snapshot of this QEMU on this host: report it, with `qemu-system-x86_64 --version`',
  });
}
