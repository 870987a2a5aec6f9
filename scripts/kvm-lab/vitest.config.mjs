// The tests as they run in the outer machine: bundled, on one emulated CPU.
import { fileURLToPath } from 'node:url';

const HALF_AN_HOUR = 1_800_000;

export default {
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['test/*/*.test.js'],
    testTimeout: HALF_AN_HOUR,
    hookTimeout: HALF_AN_HOUR,
    fileParallelism: false,
    isolate: false,
    // Node loads them as they are: Vite would take longer than many a test
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
};
