import { rm } from 'node:fs/promises';
import { DewarError } from '../../core/errors.ts';
import { diskUsage } from '../../platform/disk-usage.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import type { BenchContext } from '../bench-context.ts';
import { guestImage } from '../machines/guest-image.ts';
import { series } from '../measure/series.ts';
import type { Unmeasured } from '../report/machines-report.ts';
import type { WorkspacesReport } from '../report/workspaces-report.ts';
import { benchWorkspace } from './bench-workspace.ts';

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
  const config = { name: 'dewar.config.json', text: JSON.stringify(CONFIG) };
  const bench = await benchWorkspace(scratch.path, config, context);
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
