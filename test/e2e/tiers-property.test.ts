import { expect, test } from 'vitest';
import { runEditScript } from '../support/edit-script/run-edit-script.ts';

/** DEWAR_PROPERTY_SEED repeats a script, DEWAR_PROPERTY_STEPS makes it longer, DEWAR_PROPERTY_WITHOUT leaves out kinds of edits. */
const SEED = Number(process.env['DEWAR_PROPERTY_SEED'] ?? 5);
const STEPS = Number(process.env['DEWAR_PROPERTY_STEPS'] ?? 24);
const WITHOUT = (process.env['DEWAR_PROPERTY_WITHOUT'] ?? '').split(',');
const FLAG_SETS: readonly (readonly string[])[] = [
  [],
  ['--includeTargetType'],
  ['--includeTargetType', '--targetType=SourceFile,Rule'],
  ['--fineGrainedHashExternalRepos=@lr,@nl'],
  ['--ignoredRuleHashingAttributes=tags'],
  ['--includeTargetType', '--includePackageGroups'],
];
const HOURS = 3_600_000;

test(
  `the tier that consume picks gives the cold answer (seed ${SEED}, ${STEPS} steps)`,
  async () => {
    const flags = FLAG_SETS[SEED % FLAG_SETS.length] ?? [];
    const result = await runEditScript({ seed: SEED, steps: STEPS, flags, without: WITHOUT, say });
    say(`seed ${SEED}, flags ${flags.join(' ')}: ${JSON.stringify(result.counts)}`);
    expect(result.mismatch).toBeUndefined();
    // Else the test would show nothing about the tier that it is for.
    expect(result.counts['graph'] ?? 0).toBeGreaterThan(0);
    expect(result.counts['thawed'] ?? 0).toBeGreaterThan(0);
  },
  6 * HOURS,
);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
