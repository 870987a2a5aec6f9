import { expect, test } from 'vitest';
import { editLab } from '../support/edit-script/edit-lab.ts';
import { runEditScript } from '../support/edit-script/run-edit-script.ts';

/** What a run does can be set by variables, which CONTRIBUTING.md explains. */
const { env } = process;
const SEED = Number(env['DEWAR_PROPERTY_SEED'] ?? 5);
const STEPS = Number(env['DEWAR_PROPERTY_STEPS'] ?? 120);
const ONLY = listOf(env['DEWAR_PROPERTY_ONLY']);
const WITHOUT = listOf(env['DEWAR_PROPERTY_WITHOUT']);
/** `no`: only graph indexes are asked, without record and consume. */
const SNAPSHOTS = env['DEWAR_PROPERTY_SNAPSHOTS'] !== 'no';
/** `yes`: Bazel runs in a mount namespace, and graph indexes are made through it, as of a machine. */
const IN_MACHINE = env['DEWAR_PROPERTY_MACHINE'] === 'yes';
const FLAG_SETS: readonly (readonly string[])[] =
  env['DEWAR_PROPERTY_FLAGS'] === undefined
    ? [
        [],
        ['--fineGrainedHashExternalRepos=@lr,@nl'],
        ['--includeTargetType', '--includePackageGroups'],
        ['--includeTargetType', '--targetType=SourceFile,Rule'],
        ['--ignoredRuleHashingAttributes=tags', '--includePackageGroups'],
        ['--includeTargetType', '--fineGrainedHashExternalRepos=@gen,@lm'],
      ]
    : [env['DEWAR_PROPERTY_FLAGS'].split(' ').filter((flag) => flag !== '')];
/** A new repository, with other flags, after so many steps; a short run has all of the flags too. */
const STEPS_PER_SCRIPT = Math.min(50, Math.max(20, Math.ceil(STEPS / FLAG_SETS.length)));
const HOURS = 3_600_000;

test(
  `the tier that consume picks gives the answer of full queries (seed ${SEED}, ${STEPS} steps)`,
  async () => {
    await using lab = await editLab(env['DEWAR_PROPERTY_KEEP'], IN_MACHINE);
    let edits = 0;
    const sum = new Map<string, number>();
    for (let done = 0, at = 0; done < STEPS; done += STEPS_PER_SCRIPT, at++) {
      const seed = SEED * 1000 + at;
      const flags = FLAG_SETS[at % FLAG_SETS.length] ?? [];
      const steps = Math.min(STEPS_PER_SCRIPT, STEPS - done);
      say(`repository of seed ${seed}, ${steps} steps, flags ${flags.join(' ') || 'none'}`);
      const { counts, mismatch } = await runEditScript(lab, {
        seed,
        steps,
        flags,
        wants,
        snapshots: SNAPSHOTS,
        say,
      });
      for (const [what, count] of Object.entries(counts)) sum.set(what, (sum.get(what) ?? 0) + count);
      say(JSON.stringify(counts));
      if (mismatch !== undefined) say(`wrong after ${edits + mismatch.edits} edits: ${mismatch.what}`);
      expect(mismatch).toBeUndefined();
      edits += counts['edits'] ?? 0;
    }
    say(`seed ${SEED}, ${STEPS} steps: ${JSON.stringify(Object.fromEntries(sum))}`);
    // Else the test would show nothing about the tier that it is for.
    if (!SNAPSHOTS || ONLY.length > 0 || WITHOUT.length > 0 || STEPS < STEPS_PER_SCRIPT) return;
    const rare = ['graph', 'partial', 'thawed'].filter((tier) => (sum.get(tier) ?? 0) < STEPS / 20);
    expect(rare).toEqual([]);
  },
  6 * HOURS,
);

function wants(kind: string, weight: number): boolean {
  return (ONLY.length === 0 ? weight > 0 : ONLY.includes(kind)) && !WITHOUT.includes(kind);
}

function listOf(text = ''): string[] {
  return text.split(',').filter((item) => item !== '');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
