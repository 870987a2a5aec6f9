import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DewarError } from '../../core/errors.ts';
import { IMAGE_NAMES, PACKAGE_LOCK_NAME, STANDBYS } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import { diskUsage } from '../../platform/disk-usage.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import type { BenchContext } from '../bench-context.ts';
import { guestImage } from '../machines/guest-image.ts';
import { series } from '../measure/series.ts';
import { timeProcess } from '../measure/time-process.ts';
import type { Unmeasured } from '../report/machines-report.ts';
import type { WorkspacesReport } from '../report/workspaces-report.ts';

const MEMORY_MIB = 2048;
const CONFIG = {
  name: 'bench',
  resources: { vcpus: 2, memoryMB: MEMORY_MIB },
  network: { mode: 'off' },
};

/**
 * Times `up` of one workspace: first, with the disk of an earlier machine, and thawed, in turn.
 * @returns why not, where there are no machines
 * @throws DewarError BENCH_STEP_FAILED, BENCH_WRONG_START, INTERRUPTED
 */
export async function measureWorkspaces(
  rounds: number,
  context: BenchContext,
): Promise<WorkspacesReport | Unmeasured> {
  const tell = (message: string): void => context.emit({ type: 'phase', phase: 'workspaces', message });
  tell('looks for QEMU and the image systemd');
  try {
    await guestImage('systemd', context);
  } catch (error) {
    if (!(error instanceof DewarError) || error.code === 'INTERRUPTED') throw error;
    return { why: error.message };
  }
  await using scratch = await makeTempDirectory('workspaces');
  const bench = await makeWorkspace(scratch.path, context);
  const times: Record<'first' | 'reused' | 'thawed' | 'run' | 'down', number[]> = {
    first: [],
    reused: [],
    thawed: [],
    run: [],
    down: [],
  };
  try {
    for (let round = 1; round <= rounds; round++) {
      tell(`up, first, with its disk, and thawed: round ${round} of ${rounds}`);
      await removeTree(bench.standbys);
      await rm(bench.disk, { force: true });
      times.first.push(await bench.up('booted'));
      times.run.push(await bench.dewar('run', 'true'));
      times.down.push(await bench.dewar('down'));
      times.reused.push(await bench.up('booted'));
      times.down.push(await bench.dewar('down'));
      await bench.dewar('reset');
      times.thawed.push(await bench.up('thawed'));
      times.run.push(await bench.dewar('run', 'true'));
      times.down.push(await bench.dewar('down'));
    }
    return {
      memory_mib: MEMORY_MIB,
      first: series(times.first),
      disk_reused: series(times.reused),
      thawed: series(times.thawed),
      run: series(times.run),
      down: series(times.down),
      saved_mib: Math.ceil((await diskUsage(bench.standbys)) / 2 ** 20),
    };
  } finally {
    await bench.end();
  }
}

interface BenchWorkspace {
  standbys: string;
  disk: string;
  /** Runs a command on it. @returns milliseconds of the process */
  dewar(...args: readonly string[]): Promise<number>;
  up(expected: 'booted' | 'thawed'): Promise<number>;
  end(): Promise<void>;
}

/** A cache of its own, with the user's images: what is saved there is the bench's. */
async function makeWorkspace(scratch: string, context: BenchContext): Promise<BenchWorkspace> {
  const path = (name: string): string => join(scratch, name);
  const cache = cacheDirectory(context.env);
  for (const name of ['workspace', 'cache', 'run']) await mkdir(path(name), { mode: 0o700 });
  await symlink(join(cache, IMAGE_NAMES.root), path(`cache/${IMAGE_NAMES.root}`));
  await copyFile(join(cache, PACKAGE_LOCK_NAME), path(`workspace/${PACKAGE_LOCK_NAME}`));
  await writeFile(path('workspace/dewar.config.json'), JSON.stringify(CONFIG));
  const env = { ...context.env, DEWAR_CACHE_DIR: path('cache'), XDG_RUNTIME_DIR: path('run') };
  const { node, script } = context.dewar;
  const run = async (
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<{ ms: number; stdout: Buffer }> => {
    const stdout = path('stdout');
    const command = { file: node, args: [script, ...args], cwd: path('workspace'), env, signal, stdout };
    const { ms } = await timeProcess(command);
    return { ms, stdout: await readFile(stdout) };
  };
  return {
    standbys: path(join('cache', ...STANDBYS)),
    disk: path('workspace/.dewar/root.qcow2'),
    dewar: async (...args) => (await run(args, context.signal)).ms,
    async up(expected) {
      const { ms, stdout } = await run(['up', '--json'], context.signal);
      const { how } = JSON.parse(stdout.toString('utf8')) as { how?: unknown };
      if (how === expected) return ms;
      throw new DewarError({
        code: 'BENCH_WRONG_START',
        message: `a machine that was to be ${expected} was ${String(how)}`,
        mend: 'see dewar doctor: machines that cannot be saved cannot be thawed',
      });
    },
    end: async () => void (await run(['down', '--force'], undefined)),
  };
}
