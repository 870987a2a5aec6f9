// The contract suite as it runs in the outer machine: one emulated CPU, a build that is there.
import { fileURLToPath } from 'node:url';

const HALF_AN_HOUR = 1_800_000;

export default {
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/contract/**/*.test.ts'],
    testTimeout: HALF_AN_HOUR,
    hookTimeout: HALF_AN_HOUR,
    fileParallelism: false,
  },
};
