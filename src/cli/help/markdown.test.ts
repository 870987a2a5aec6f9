import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registry } from '../commands/index.ts';
import { cliMarkdown } from './markdown.ts';

test('docs/cli.md is what the option data say (node scripts/generate-cli-docs.mjs writes it)', () => {
  const written = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  expect(written).toBe(cliMarkdown(registry));
});

test('names every visible command and option, and no hidden one', () => {
  const markdown = cliMarkdown(registry);
  const visible = registry.commands.filter(({ hidden }) => !hidden);
  expect(markdown.match(/^## dewar .+$/gmu)?.toSorted()).toEqual(
    visible.map(({ name }) => `## dewar ${name}`).toSorted(),
  );
  for (const option of visible.flatMap(({ options }) => Object.values(options)))
    expect(markdown).toContain(option.long);
});
