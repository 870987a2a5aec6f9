// Writes docs/cli.md from the option data of the built program.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const markdown = execFileSync(process.execPath, [`${root}dist/dewar.js`, 'cli-docs'], { encoding: 'utf8' });
writeFileSync(`${root}docs/cli.md`, markdown);
console.log(`docs/cli.md: ${markdown.split('\n').length} lines`);
