import { join } from 'node:path';
import { projectRoot } from '../setup/paths.mjs';

/**
 * Makes plain JavaScript of test files: an emulated CPU takes half a minute to transform and find their hundred modules.
 * @param names paths in test/, without .test.ts
 * @param outDir where they come, by the same paths, as .test.js
 * @returns the packages that are not in them
 */
export async function bundleTests(names, outDir) {
  // a clean clone has it only after the set-up, when this module is loaded already
  const { build } = await import('tsdown');
  // the last one asks for the name of its own file
  const external = ['vitest', 'fs-native-extensions', 'write-file-atomic'];
  await build({
    cwd: projectRoot,
    config: false,
    entry: Object.fromEntries(names.map((name) => [`${name}.test`, join('test', `${name}.test.ts`)])),
    outDir,
    format: 'esm',
    platform: 'node',
    target: 'node20.12',
    dts: false,
    fixedExtension: false,
    report: false,
    logLevel: 'warn',
    // what tests share finds the project by its own place, which is two directories up in the sources too
    outputOptions: { chunkFileNames: 'support/[name]-[hash].js' },
    deps: { alwaysBundle: [/./], neverBundle: external },
  });
  return external;
}
