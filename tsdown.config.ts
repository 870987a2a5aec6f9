import { defineConfig } from 'tsdown';
import type { UserConfig } from 'tsdown';

const config: UserConfig = defineConfig({
  entry: {
    dewar: 'src/cli/main.ts',
    index: 'src/public/index.ts',
    'source-worker': 'src/bazel/hash/source-worker.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  outDir: 'dist',
  // Hundreds of small files take longer to find than to run: what the program starts with is bundled.
  deps: { alwaysBundle: ['commander', 'execa', 'p-limit', 'semver', 'yaml', 'zod'] },
  dts: { entry: ['src/public/index.ts'] },
  sourcemap: true,
  fixedExtension: false,
});

export default config;
