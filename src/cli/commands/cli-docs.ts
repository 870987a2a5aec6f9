import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import type { Registry } from '../route-argv.ts';

/** @param registry late, because it contains this command itself */
export function cliDocsCommand(registry: () => Registry): CommandSpec {
  return defineCommand({
    name: 'cli-docs',
    summary: 'print docs/cli.md',
    options: {},
    json: 'none',
    hidden: true,
    run: async () => {
      const { cliMarkdown } = await import('../help/markdown.ts');
      return { text: cliMarkdown(registry()) };
    },
  });
}
