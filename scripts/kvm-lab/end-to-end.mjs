import { dirname, basename } from 'node:path';
import { ensureBazelTree } from '../setup/bazel.mjs';
import { LAB } from './run-in-lab.mjs';

const SUITE = /^e2e\/[\w-]+$/;

/**
 * The end-to-end suites that words like `e2e/workspaces` ask for: they run in the lab on the first VMM that is given.
 * @param words of vitest's command line
 * @param drivers of the VMMs that are given
 * @returns `names` of tests, as bundleTests takes them; `files` for makeDisk and `env`, which they need
 */
export async function endToEnd(words, [driver = 'qemu']) {
  const names = words.filter((word) => SUITE.test(word));
  if (names.length === 0) return { names, files: [], env: {} };
  const program = await ensureBazelTree();
  return {
    names,
    files: [{ from: dirname(dirname(program)), paths: ['bin', 'root'], to: 'bazel' }],
    env: { DEWAR_TEST_DRIVER: driver, DEWAR_TEST_BAZEL: `${LAB}/bazel/bin/${basename(program)}` },
  };
}
