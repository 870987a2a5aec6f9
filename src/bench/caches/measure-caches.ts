import { randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WarmResult } from '../../cache/warm-caches.ts';
import { DewarError } from '../../core/errors.ts';
import { findProgram } from '../../platform/find-program.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import type { BenchContext } from '../bench-context.ts';
import { guestImage } from '../machines/guest-image.ts';
import { series } from '../measure/series.ts';
import type { CachesReport } from '../report/caches-report.ts';
import type { Unmeasured } from '../report/machines-report.ts';
import { benchWorkspace } from '../workspaces/bench-workspace.ts';
import type { BenchWorkspace } from '../workspaces/bench-workspace.ts';
import { cachesConfig, CONFIG_NAME, PLUGIN } from './caches-config.ts';

const FILES = 50_000;
const BYTES = 2 ** 30;
const PER_DIRECTORY = 100;
const NEW_FILES = 100;
/** One that others get in between takes minutes where machines are emulated. */
const MOST_ROUNDS = 3;

/**
 * Times streaming a cache of 1 GiB in 50,000 files into a machine, by dewar, by tar and ssh, and by rsync, in turn.
 * @returns why not, where there are no machines
 * @throws DewarError BENCH_STEP_FAILED, INTERRUPTED
 */
export async function measureCaches(
  rounds: number,
  context: BenchContext,
): Promise<CachesReport | Unmeasured> {
  const tell = (message: string): void => context.emit({ type: 'phase', phase: 'caches', message });
  tell('looks for QEMU and the image systemd');
  try {
    await guestImage('systemd', context);
  } catch (error) {
    if (!(error instanceof DewarError) || error.code === 'INTERRUPTED') throw error;
    return { why: error.message };
  }
  await using scratch = await makeTempDirectory('caches');
  const cache = join(scratch.path, 'tool-cache');
  tell(`makes ${FILES.toLocaleString('en-US')} files`);
  makeFiles(cache, FILES, BYTES);
  const [bench, rsync] = await makeWorkspace(scratch.path, cache, context, tell);
  const times: Record<'warm' | 'byHand' | 'unsynced' | 'rsync' | 'again' | 'refresh', number[]> = {
    warm: [],
    byHand: [],
    unsynced: [],
    rsync: [],
    again: [],
    refresh: [],
  };
  let peak: number | undefined;
  try {
    await bench.up('booted');
    const most = Math.min(rounds, MOST_ROUNDS);
    for (let round = 1; round <= most; round++) {
      tell(`tar and ssh, dewar${rsync === undefined ? ', rsync' : ''}: round ${round} of ${most}`);
      const byHand = await sendBy(bench, 'tar', scratch.path);
      times.byHand.push(byHand.ms);
      times.unsynced.push(byHand.unsynced);
      await clear(bench);
      const warm = await warmCache(bench);
      times.warm.push(warm.ms);
      peak = warm.peakMib === undefined ? peak : Math.max(peak ?? 0, warm.peakMib);
      times.again.push((await warmCache(bench)).ms);
      makeFiles(join(cache, `new ${round}`), NEW_FILES, NEW_FILES * (BYTES / FILES));
      times.refresh.push((await warmCache(bench, '--force')).ms);
      await clear(bench);
      if (rsync !== undefined) continue;
      times.rsync.push((await sendBy(bench, 'rsync', scratch.path)).ms);
      await clear(bench);
    }
    return {
      files: FILES,
      bytes: BYTES,
      warm: series(times.warm),
      peak_mib: peak,
      by_hand: series(times.byHand),
      by_hand_unsynced: series(times.unsynced),
      rsync: rsync === undefined ? series(times.rsync) : { why: rsync },
      again: series(times.again),
      refresh: series(times.refresh),
    };
  } finally {
    await bench.end();
  }
}

/** Whoever comes next must not pay for what is there: files on the disk, and a memory that is full of them. */
const CLEAR = `rm -rf ~/by-tar ~/by-rsync ~/cache; sudo rm -f /var/lib/dewar/caches/*; sync; sudo fstrim -a;
sudo sh -c 'echo 3 >/proc/sys/vm/drop_caches'`;

async function clear(bench: BenchWorkspace): Promise<void> {
  await bench.dewar('run', '--', 'sh', '-c', CLEAR);
}

/** Of bytes that cannot be made smaller, as archives are. */
function makeFiles(directory: string, files: number, bytes: number): void {
  // Sizes differ, and their mean is right: from nothing to twice the mean.
  const mean = bytes / files;
  const content = Buffer.alloc(Math.ceil(2 * mean));
  for (let at = 0; at < files; at++) {
    const below = join(directory, String(Math.floor(at / PER_DIRECTORY)));
    if (at % PER_DIRECTORY === 0) mkdirSync(below, { recursive: true });
    const size = Math.round(mean * 2 * ((at % PER_DIRECTORY) / (PER_DIRECTORY - 1)));
    writeFileSync(join(below, `file-${at}`), randomFillSync(content).subarray(0, size));
  }
}

/** @returns with it, why it has no rsync */
async function makeWorkspace(
  scratch: string,
  cache: string,
  context: BenchContext,
  tell: (message: string) => void,
): Promise<[BenchWorkspace, string | undefined]> {
  const config = (packages: readonly string[]): { name: string; text: string } => ({
    name: CONFIG_NAME,
    text: cachesConfig(cache, packages),
  });
  if ((await findProgram('rsync', context.env['PATH'] ?? '')) === undefined)
    return [await benchWorkspace(scratch, config([]), context), 'this host has no rsync'];
  const bench = await benchWorkspace(scratch, config(['rsync']), context);
  tell('builds an image with rsync');
  try {
    await bench.dewar('build');
    return [bench, undefined];
  } catch (error) {
    if (!(error instanceof DewarError) || error.code === 'INTERRUPTED') throw error;
    await bench.configure(config([]));
    return [bench, `no image with rsync could be built: ${error.message.split('\n').at(-1) ?? ''}`];
  }
}

async function warmCache(
  bench: BenchWorkspace,
  ...args: readonly string[]
): Promise<{ ms: number; peakMib: number | undefined; result: WarmResult }> {
  const { ms, peakMib, stdout } = await bench.measured(PLUGIN, 'warm-cache', '--json', ...args);
  const { caches } = JSON.parse(stdout.toString('utf8')) as { caches: WarmResult[] };
  return { ms, peakMib, result: caches[0] as WarmResult };
}

async function sendBy(
  bench: BenchWorkspace,
  how: 'tar' | 'rsync',
  scratch: string,
): Promise<{ ms: number; unsynced: number }> {
  const out = join(scratch, 'times.json');
  await bench.dewar(PLUGIN, how, out);
  return JSON.parse(await readFile(out, 'utf8')) as { ms: number; unsynced: number };
}
