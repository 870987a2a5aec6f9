import type { CommandSpec, OptionTable } from '../command.ts';
import { allOptions, GLOBAL_OPTIONS } from '../global-options.ts';
import type { Registry } from '../route-argv.ts';

/** What may follow the words of `path`; a completion script is a walk over these. */
export interface CompletionNode {
  /** Words after `dewar`, joined by a space: empty, a group, or the name of a command. */
  path: string;
  words: readonly { word: string; summary: string }[];
  options: readonly CompletionOption[];
  /** Values of the first argument that has a fixed set of them. */
  choices: readonly string[];
}

export interface CompletionOption {
  /** With dashes: the short one, when there is one, and the long ones. */
  names: readonly string[];
  description: string;
  takesValue: boolean;
  choices: readonly string[];
}

export function completionTree({ commands, groups }: Registry): CompletionNode[] {
  const visible = commands.filter(({ hidden }) => !hidden);
  const top = [
    ...visible
      .filter(({ name }) => !name.includes(' '))
      .map(({ name, summary }) => ({ word: name, summary })),
    ...Object.entries(groups).map(([word, summary]) => ({ word, summary })),
  ];
  const groupNodes = Object.keys(groups).map((group) => ({ path: group, words: members(visible, group) }));
  const leading = { options: completionOptions(GLOBAL_OPTIONS), choices: [] };
  const none = { options: [], choices: [] };
  return [
    { path: '', words: [...top, { word: 'help', summary: 'show the help of a command' }], ...leading },
    ...groupNodes.map((node) => ({ ...node, ...leading })),
    { path: 'help', words: top, ...none },
    ...groupNodes.map(({ path, words }) => ({ path: `help ${path}`, words, ...none })),
    ...visible.map((command) => ({
      path: command.name,
      words: [],
      options: completionOptions(allOptions(command)),
      choices: Object.values(command.arguments)[0]?.choices ?? [],
    })),
  ];
}

function members(commands: readonly CommandSpec[], group: string): CompletionNode['words'] {
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, summary }) => ({ word: name.slice(group.length + 1), summary }));
}

function completionOptions(table: OptionTable): CompletionOption[] {
  return Object.values(table).map((option) => ({
    names: [
      ...(option.short === undefined ? [] : [`-${option.short}`]),
      `--${option.long}`,
      ...(option.kind === 'boolean' && option.negatable === true ? [`--no-${option.long}`] : []),
    ],
    description: option.description,
    takesValue: option.kind !== 'boolean',
    choices: 'choices' in option ? option.choices : [],
  }));
}
