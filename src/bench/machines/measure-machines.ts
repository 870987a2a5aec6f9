import { DewarError } from '../../core/errors.ts';
import { makeTempDirectory } from '../../platform/temp-dir.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import type { GuestHost } from '../../vmm/guest-host.ts';
import type { BenchContext } from '../bench-context.ts';
import { COMMIT_KINDS } from '../generate/commit-plans.ts';
import type { CommitKind } from '../generate/commit-plans.ts';
import { projectSpecOfTargets } from '../generate/project-spec.ts';
import type { GuestProjectReport, MachinesReport, Unmeasured } from '../report/machines-report.ts';
import { guestImage } from './guest-image.ts';
import { measureGuestProject } from './measure-guest-project.ts';
import { measureRestores } from './measure-restores.ts';

const MEMORIES_MIB = [1024, 4096, 8192];

/** A query of Bazel takes a minute and more where every instruction is emulated. */
const PROJECT: Record<
  GuestHost['accelerator'],
  { targets: number; kinds: readonly CommitKind[]; rounds: number }
> = {
  kvm: { targets: 1000, kinds: COMMIT_KINDS, rounds: 3 },
  tcg: { targets: 100, kinds: ['build', 'bzl'], rounds: 1 },
};
const PROJECT_MEMORY_MIB = 2048;

/**
 * Measures machines where they can be had.
 * @param keep gets what there is before the last and longest part begins
 * @returns why not, where they cannot
 * @throws DewarError as restores and boots do, once a machine has been started
 */
export async function measureMachines(
  request: { rounds: number; seed: number },
  context: BenchContext,
  keep: (report: MachinesReport) => Promise<void>,
): Promise<MachinesReport | Unmeasured> {
  const directory = await makeTempDirectory('machines');
  const path = (name: string): string => `${directory.path}/${name}`;
  const tell = (message: string): void => context.emit({ type: 'phase', phase: 'machines', message });
  try {
    const found = await whyNot(async () => {
      tell('looks for QEMU and the image minimal');
      // A cache of its own is what a host knows of the files of snapshots.
      const open = (cache: string): Promise<GuestHost> => {
        const env = { ...context.env, DEWAR_CACHE_DIR: path(cache) };
        return context.openGuestHost(env, path('machines'), context);
      };
      const host = await open('cache');
      const { image } = await guestImage('minimal', context);
      return { host, image, elsewhere: await open('other-cache') };
    });
    if ('why' in found) return found;
    const { host } = found;
    const { rounds, seed } = request;
    const question = { ...found, memoriesMiB: MEMORIES_MIB, rounds, path, tell };
    const restores = await measureRestores(host, question, context);
    await removeTree(directory.path);
    const report = {
      program: host.program,
      accelerator: host.accelerator,
      why_no_kvm: host.whyNoKvm ?? null,
      ...restores,
    };
    await keep({ ...report, project: { why: 'the bench was ended before' } });
    return { ...report, project: await whyNot(() => measureProject(host, seed, tell, context)) };
  } finally {
    await removeTree(directory.path);
  }
}

async function measureProject(
  { accelerator }: GuestHost,
  seed: number,
  tell: (message: string) => void,
  context: BenchContext,
): Promise<GuestProjectReport> {
  tell('looks for the image bazel');
  const { image } = await guestImage('bazel', context);
  const { targets, kinds, rounds } = PROJECT[accelerator];
  const spec = projectSpecOfTargets(targets, seed);
  const question = { spec, kinds, rounds, memoryMiB: PROJECT_MEMORY_MIB, image: image.id, tell };
  return measureGuestProject(question, context);
}

async function whyNot<T>(work: () => Promise<T>): Promise<T | Unmeasured> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DewarError) || error.code === 'INTERRUPTED') throw error;
    return { why: error.message };
  }
}
