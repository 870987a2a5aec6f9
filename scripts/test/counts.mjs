/**
 * Counts of vitest's JSON report. A test file that could not even be collected is one failure; so is a run without a
 * report, without any test, or that failed although no test did.
 * @param report parsed, or undefined when vitest wrote none
 * @returns { passed, failed, skipped, problems: why more failed than tests did }
 */
export function countVitest(report, exitCode) {
  if (report === undefined) return allFailed(`vitest ended with ${exitCode} and left no report`);
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const failed = tests.filter(({ status }) => status === 'failed').length;
  const problems = report.testResults
    .filter(
      (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
    )
    .map((file) => `${file.name}: ${file.message || 'failed outside of its tests'}`);
  if (tests.length === 0) problems.push('no test was found');
  if (exitCode !== 0 && failed + problems.length === 0) problems.push(`vitest ended with ${exitCode}`);
  return { passed, failed: failed + problems.length, skipped: tests.length - passed - failed, problems };
}

function allFailed(problem) {
  return { passed: 0, failed: 1, skipped: 0, problems: [problem] };
}

/** The sum of the counts of several suites. */
export function sumCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) for (const name of Object.keys(sum)) sum[name] += counts[name];
  return sum;
}

/** The last line of `npm test`. */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
