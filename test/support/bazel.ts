/** The Bazel (7 or newer, with bzlmod) that the tests run. */
export const bazel: () => string = () => required('DEWAR_TEST_BAZEL');
/** An old Bazel (4.x): no bzlmod, fewer flags. */
export const bazel4: () => string = () => required('DEWAR_TEST_BAZEL4');

function required(name: string): string {
  const path = process.env[name];
  if (path === undefined || path === '')
    throw new Error(`${name} is not set: it names a real Bazel; npm test sets it`);
  return path;
}
