import { freemem } from 'node:os';
import { DewarError } from '../../core/errors.ts';
import type { GuestHost, GuestImage } from '../../vmm/guest-host.ts';
import type { BenchContext } from '../bench-context.ts';
import { series } from '../measure/series.ts';
import type { MachineSizeReport, UnmeasuredSize } from '../report/machines-report.ts';
import { frozenGuest } from './frozen-guest.ts';
import type { FrozenGuest } from './frozen-guest.ts';
import { measureClones } from './measure-clones.ts';
import { timedGuest } from './timed-guest.ts';
import type { TimedGuest } from './timed-guest.ts';

export interface RestoreQuestion {
  /** Runs machines as a host does that has never seen their snapshots. */
  elsewhere: GuestHost;
  image: GuestImage;
  memoriesMiB: readonly number[];
  rounds: number;
  /** A directory for frozen machines. */
  path: (name: string) => string;
  tell: (message: string) => void;
}

/** What a guest needs of this host beside its own memory. */
const SPARE_MIB = 1024;
/** A boot takes several times longer than a restore, and its time is no budget. */
const MOST_BOOTS = 3;
const MEBIBYTE = 2 ** 20;

/**
 * Times restores against boots, for guests of each size in turn, half of whose memory is in use.
 * @throws DewarError as the host does, BENCH_STEP_FAILED, BENCH_WRONG_MEMORY
 */
export async function measureRestores(
  host: GuestHost,
  question: RestoreQuestion,
  context: BenchContext,
): Promise<{ sizes: MachineSizeReport[]; not_measured: UnmeasuredSize[] }> {
  const { image, rounds, tell } = question;
  const { frozen, not_measured } = await freezeAll(host, question, context);
  const firstChecks = new Map<FrozenGuest, { here: number; elsewhere: number }>();
  const restores = new Map<FrozenGuest, TimedGuest[]>(frozen.map((each) => [each, []]));
  const boots = new Map<FrozenGuest, TimedGuest[]>(frozen.map((each) => [each, []]));
  const restore = ({ bundle }: FrozenGuest, on: GuestHost = host): Promise<TimedGuest> =>
    answerOnce(on.restore(bundle, image, context), context);
  tell('restores each once, and once as on another host, which checks all files');
  for (const each of frozen) {
    const { checkMs: here } = await restore(each);
    firstChecks.set(each, { here, elsewhere: (await restore(each, question.elsewhere)).checkMs });
  }
  for (let round = 0; round < rounds; round++) {
    tell(`restores and boots, round ${round + 1} of ${rounds}`);
    // The other way round each time: what a neighbour or a cache does to the last one shall not always hit the same.
    for (const each of round % 2 === 0 ? frozen : frozen.toReversed()) {
      restores.get(each)?.push(await restore(each));
      if (round >= MOST_BOOTS) continue;
      const spec = { image, memoryMiB: each.memoryMiB, freezable: false };
      boots.get(each)?.push(await answerOnce(host.boot(spec, context), context));
    }
  }
  const sizes: MachineSizeReport[] = [];
  for (const each of frozen) {
    tell(`two clones at once, ${each.memoryMiB} MiB`);
    const clones = await measureClones(host, image, each, context);
    const times = restores.get(each) ?? [];
    sizes.push({
      memory_mib: each.memoryMiB,
      filled_mib: each.filledMiB,
      memory_file_mib: each.memoryFileBytes / MEBIBYTE,
      freeze_ms: each.freezeMs,
      first_check_ms: firstChecks.get(each) ?? { here: Number.NaN, elsewhere: Number.NaN },
      check: series(times.map(({ checkMs }) => checkMs)),
      restore: series(times.map(({ answerMs }) => answerMs)),
      loaded: series(times.map(({ loadedMs }) => loadedMs ?? Number.NaN)),
      connected: series(times.map(({ connectedMs }) => connectedMs)),
      restore_cpu: series(times.map(({ cpuMs }) => cpuMs)),
      boot: series((boots.get(each) ?? []).map(({ answerMs }) => answerMs)),
      boot_cpu: series((boots.get(each) ?? []).map(({ cpuMs }) => cpuMs)),
      clones,
    });
  }
  return { sizes, not_measured };
}

async function freezeAll(
  host: GuestHost,
  { image, memoriesMiB, path, tell }: RestoreQuestion,
  context: BenchContext,
): Promise<{ frozen: FrozenGuest[]; not_measured: UnmeasuredSize[] }> {
  const frozen: FrozenGuest[] = [];
  const not_measured: UnmeasuredSize[] = [];
  for (const memory_mib of memoriesMiB) {
    const why = noRoomFor(memory_mib, freemem());
    if (why === undefined) tell(`boots, fills and freezes a guest of ${memory_mib} MiB`);
    const made = why ?? (await freezeOne(host, image, memory_mib, path(`frozen-${memory_mib}`), context));
    if (typeof made === 'string') not_measured.push({ memory_mib, why: made });
    else frozen.push(made);
  }
  return { frozen, not_measured };
}

/** @returns why there was no room on the disk, where that was so */
async function freezeOne(
  host: GuestHost,
  image: GuestImage,
  memoryMiB: number,
  bundle: string,
  context: BenchContext,
): Promise<FrozenGuest | string> {
  try {
    return await frozenGuest(host, image, memoryMiB, bundle, context);
  } catch (error) {
    if (error instanceof DewarError && error.code === 'NO_SPACE') return error.message;
    throw error;
  }
}

/** @param freeBytes memory that this host can give */
export function noRoomFor(memoryMiB: number, freeBytes: number): string | undefined {
  const needed = memoryMiB + SPARE_MIB;
  const free = Math.floor(freeBytes / MEBIBYTE);
  return free >= needed ? undefined : `${needed} MiB of free memory are needed, there are ${free}`;
}

async function answerOnce(
  made: Parameters<typeof timedGuest>[0],
  { signal }: BenchContext,
): Promise<TimedGuest> {
  const timed = await timedGuest(made, signal);
  await timed.guest.kill();
  return timed;
}
