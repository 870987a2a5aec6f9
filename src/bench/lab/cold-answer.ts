import { addWorktree, checkOut, removeWorktree } from '../../platform/git-worktree.ts';
import { openRepository } from '../../platform/git-repository.ts';
import { removeTree } from '../../platform/remove-tree.ts';
import { generateHashes, getImpactedTargets } from './engine-steps.ts';
import type { Bench } from './engine-steps.ts';
import type { Lab } from './lab.ts';
import { stopServersBelow } from './stop-servers.ts';

export interface ColdHashes {
  ms: number;
  /** Path of the hashes file. */
  hashes: string;
}

export interface ColdAnswer {
  /** Hashes of the target commit on a fresh server, then the difference; neither checkout nor base hashes count. */
  ms: number;
  hashes: string;
  /** Path of the impacted targets. */
  out: string;
}

/** Hashes of a commit, with nothing warm: a fresh work tree and a fresh Bazel server, both gone afterwards. */
export async function coldHashes(lab: Lab, name: string, commit: string): Promise<ColdHashes> {
  return onFreshBench(lab, name, commit, async (bench) => {
    const hashes = lab.path(`hashes/${name}.json`);
    return { hashes, ms: (await generateHashes(lab, bench, hashes)).ms };
  });
}

/** Impacted targets of a commit without record, consume or anything they leave behind. */
export async function coldAnswer(
  lab: Lab,
  name: string,
  commit: string,
  baseHashes: string,
): Promise<ColdAnswer> {
  return onFreshBench(lab, name, commit, async (bench) => {
    const hashes = lab.path(`hashes/${name}.json`);
    const out = lab.path(`answers/${name}.cold.txt`);
    const hashed = await generateHashes(lab, bench, hashes);
    const compared = await getImpactedTargets(lab, bench, { starting: baseHashes, final: hashes, out });
    return { hashes, out, ms: hashed.ms + compared.ms };
  });
}

async function onFreshBench<T>(
  lab: Lab,
  name: string,
  commit: string,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const { env, signal } = lab.context;
  const bench = { workspace: lab.path(`worktrees/${name}`), outputBase: lab.path(`servers/${name}`) };
  const repository = await openRepository(lab.project.out, { env, signal });
  try {
    await addWorktree(repository, bench.workspace, commit, signal);
    await checkOut(repository, bench.workspace, commit, { signal });
    return await work(bench);
  } finally {
    await stopServersBelow(bench.outputBase);
    await removeTree(bench.outputBase);
    await removeWorktree(repository.commonDir, bench.workspace, env);
  }
}
