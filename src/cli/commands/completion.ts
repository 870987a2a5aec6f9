import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import type { Registry } from '../route-argv.ts';

/** @param registry late, because it contains this command itself */
export function completionCommand(registry: () => Registry): CommandSpec {
  return defineCommand({
    name: 'completion',
    summary: 'print the completion script of a shell',
    description: 'Completes commands, options, and the values of options that have a fixed set of them.',
    arguments: { shell: { description: 'the shell', required: true, choices: ['bash', 'zsh', 'fish'] } },
    options: {},
    json: 'none',
    examples: [
      { command: 'source <(dewar completion bash)', description: 'in ~/.bashrc' },
      { command: 'source <(dewar completion zsh)', description: 'in ~/.zshrc, after compinit' },
      { command: 'dewar completion fish | source', description: 'in ~/.config/fish/config.fish' },
    ],
    run: async (input) => {
      const { completionScript } = await import('../completion/completion-script.ts');
      return { text: completionScript(input.arguments.shell, registry()) };
    },
  });
}
