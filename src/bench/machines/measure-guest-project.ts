import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_NAMES } from '../../core/names.ts';
import { cacheDirectory } from '../../platform/cache-directory.ts';
import type { BenchContext } from '../bench-context.ts';
import type { CommitKind } from '../generate/commit-plans.ts';
import type { ProjectSpec } from '../generate/project-spec.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { consumeCommit, recordBase, sameContent } from '../lab/snapshot-steps.ts';
import type { Consumed } from '../lab/snapshot-steps.ts';
import { series } from '../measure/series.ts';
import type { GuestCommitReport, GuestProjectReport } from '../report/machines-report.ts';

export interface GuestProjectQuestion {
  spec: ProjectSpec;
  kinds: readonly CommitKind[];
  rounds: number;
  memoryMiB: number;
  /** Id of an image with Bazel, in the user's cache. */
  image: string;
  tell: (message: string) => void;
}

/**
 * Times `consume --driver qemu` in a thawed machine against one in a fresh machine, in turn, and compares their answers.
 * @throws DewarError BENCH_WRONG_TIER, and as its steps do
 */
export async function measureGuestProject(
  { spec, kinds, rounds, memoryMiB, image, tell }: GuestProjectQuestion,
  context: BenchContext,
): Promise<GuestProjectReport> {
  await using project = await openLab(spec, context);
  const lab: Lab = {
    ...project,
    // The guest's.
    context: { ...project.context, bazel: 'bazel' },
    snapshotOptions: ['--driver', 'qemu', '--image', image, '--mem-mib', String(memoryMiB)],
  };
  await linkImages(cacheDirectory(context.env), lab.path('cache'));
  tell('record in a guest');
  const record = await recordBase(lab);
  const commits: GuestCommitReport[] = [];
  for (const kind of kinds) commits.push(await measureCommit(lab, kind, rounds, tell));
  return {
    targets: lab.project.targets,
    memory_mib: memoryMiB,
    record: series([record.ms]),
    record_phases_ms: record.phasesMs,
    commits,
  };
}

async function measureCommit(
  lab: Lab,
  kind: CommitKind,
  rounds: number,
  tell: (message: string) => void,
): Promise<GuestCommitReport> {
  const sha = lab.project.commits[kind];
  const thawed: Consumed[] = [];
  const cold: Consumed[] = [];
  let equal = true;
  for (let round = 1; round <= rounds; round++) {
    const which = `the commit "${kind}" in a guest, round ${round} of ${rounds}`;
    tell(`thawed: ${which}`);
    const warm = await consumeCommit(lab, `${kind}.thawed`, sha, 'thawed');
    tell(`cold: ${which}`);
    const fresh = await consumeCommit(lab, `${kind}.cold`, sha, 'cold');
    equal &&= await sameContent(warm.out, fresh.out);
    thawed.push(warm);
    cold.push(fresh);
  }
  const { tier = '', reason = '', impacted = 0, phases_ms = {} }: Partial<Consumed> = thawed[0] ?? {};
  return {
    kind,
    tier,
    reason,
    impacted,
    consume: series(thawed.map(({ cost }) => cost.ms)),
    cold: series(cold.map(({ cost }) => cost.ms)),
    equal,
    phases_ms,
    cold_phases_ms: cold[0]?.phases_ms ?? {},
  };
}

/** A lab has a cache of its own; images are too large to be built for each. */
async function linkImages(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await symlink(join(from, IMAGE_NAMES.root), join(to, IMAGE_NAMES.root));
}
