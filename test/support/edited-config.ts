import { testDriver } from './test-driver.ts';

/** What a user makes of the config that init wrote. */
export function editedConfig(config: string, image: string, words: string): string {
  return config
    .replace("import { defineConfig } from 'dewar'", "import { defineConfig, fromEnv } from 'dewar'")
    .replace(
      /^ *\/\/ resources: .*$/m,
      `  resources: { vcpus: 1, memoryMB: 512 }, image: '${image}', driver: '${testDriver.name}',`,
    )
    .replace('network: {', "network: { mode: 'off',")
    .replace(
      /^ *\/\/ scripts: .*$/m,
      "  scripts: [{ name: 'greet', run: 'echo \"$GREETING\" >>~/greeted' }],",
    )
    .replace(
      /^ *\/\/ env: .*$/m,
      () => `  env: { WORDS: ${JSON.stringify(words)}, GREETING: fromEnv('HOST_GREETING') },`,
    );
}
