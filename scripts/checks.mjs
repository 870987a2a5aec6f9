import { join } from 'node:path';
import { projectRoot } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

const SOURCES = ['src', 'test', 'scripts'];

/** Each of these counts as one test of `npm test`. */
const CHECKS = [
  ['types', 'tsc', '--noEmit'],
  ['lint rules', 'oxlint', '--deny-warnings', ...SOURCES],
  ['format', 'oxfmt', '--check', ...SOURCES],
  ['import directions', 'depcruise', '--output-type', 'err', 'src', 'test'],
  ['unused code', 'knip', '--no-progress'],
  ['package', 'publint', '--strict', '--pack', 'false'],
];
const AT_ONCE = 2;

/**
 * Runs the checks, printing each result as it comes, with all that a failed one said.
 * @returns counts
 */
export async function runChecks() {
  const waiting = [...CHECKS];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift())
      counts[(await runCheck(check)) ? 'passed' : 'failed'] += 1;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return counts;
}

async function runCheck([name, program, ...args]) {
  const from = Date.now();
  const result = await run(join(projectRoot, 'node_modules', '.bin', program), args, { cwd: projectRoot });
  const passed = result.exitCode === 0;
  const seconds = ((Date.now() - from) / 1000).toFixed(1);
  console.log(`${passed ? ' ✓' : ' ✗'} ${name} (${program}, ${seconds} s)`);
  if (!passed) console.log(`${result.stdout}${result.stderr}`.trimEnd());
  return passed;
}
