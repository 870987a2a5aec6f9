// Writes docs/cli.md from the option data of the built program, and the schema of configs.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
for (const [path, ...args] of [
  ['docs/cli.md', 'cli-docs'],
  ['docs/dewar.config.schema.json', 'config', '--schema'],
]) {
  const text = execFileSync(process.execPath, [`${root}dist/dewar.js`, ...args], { encoding: 'utf8' });
  writeFileSync(`${root}${path}`, text);
  console.log(`${path}: ${text.split('\n').length} lines`);
}
