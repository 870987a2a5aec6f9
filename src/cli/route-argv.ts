import type { CommandSpec } from './command.ts';
import type { Problem, Token } from './expand-argv.ts';
import { expandArgv } from './expand-argv.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { suggest } from '../core/suggest.ts';
import { problemError, usageError } from './usage-error.ts';

/** Every command, and the one-line summary of each first word that several commands share. */
export interface Registry {
  readonly commands: readonly CommandSpec[];
  readonly groups: Readonly<Record<string, string>>;
  /**
   * Makes a command of a first word that is none of these, nor like one of them: what it means is up to a config. A second word that
   * is in the command's name is not among its arguments.
   */
  readonly other?: (word: string, next: string | undefined) => CommandSpec;
}

export type Route =
  | {
      type: 'command';
      command: CommandSpec;
      /** What was typed but the command's name. */ argv: readonly string[];
    }
  | { type: 'command-help'; command: CommandSpec }
  | { type: 'group-help'; group: string }
  | { type: 'help' }
  | { type: 'version' };

/**
 * Finds out what a command line asks for; global options may stand before and between the words of a command's name.
 * @throws DewarError USAGE for a command or a leading option that does not exist
 */
export function routeArgv(argv: readonly string[], registry: Registry): Route {
  const first = nextWord(argv);
  if (first.version) return { type: 'version' };
  if (first.word === 'help') return helpRoute(first.rest, registry);
  if (first.problem !== undefined && !first.help) throw problemError('', GLOBAL_OPTIONS, first.problem);
  if (first.word === undefined) return { type: 'help' };
  const { word } = first;
  const command = registry.commands.find(({ name }) => name === word);
  if (command !== undefined) return commandRoute(command, first.help, [...first.typed, ...first.rest]);
  if (!Object.hasOwn(registry.groups, word)) {
    if (
      registry.other === undefined ||
      first.help ||
      !/^[a-z][a-z0-9-]*$/.test(word) ||
      isLikeOne(word, registry)
    )
      throw unknownCommand(word, registry);
    return otherRoute(word, first, registry.other);
  }
  const second = nextWord(first.rest);
  if (second.version) return { type: 'version' };
  if (second.problem !== undefined && !second.help) throw problemError(word, GLOBAL_OPTIONS, second.problem);
  if (second.word === undefined) return { type: 'group-help', group: word };
  const full = `${word} ${second.word}`;
  const member = registry.commands.find(({ name }) => name === full);
  if (member === undefined) throw unknownCommand(full, registry);
  return commandRoute(member, first.help || second.help, [...first.typed, ...second.typed, ...second.rest]);
}

function otherRoute(word: string, first: NextWord, other: NonNullable<Registry['other']>): Route {
  const second = nextWord(first.rest);
  const command = other(word, second.word);
  const takesBoth = command.name === `${word} ${second.word}`;
  const rest = takesBoth ? [...second.typed, ...second.rest] : first.rest;
  return commandRoute(command, takesBoth && second.help, [...first.typed, ...rest]);
}

interface NextWord {
  word: string | undefined;
  /** The options before the word, as typed. */
  typed: readonly string[];
  rest: readonly string[];
  help: boolean;
  version: boolean;
  problem: Problem | undefined;
}

function nextWord(argv: readonly string[]): NextWord {
  const { tokens, problems, rest } = expandArgv(argv, GLOBAL_OPTIONS, { stopAtArgument: true });
  return {
    word: rest[0] === '--' ? undefined : rest[0],
    typed: argv.slice(0, argv.length - rest.length),
    rest: rest.slice(1),
    help: isSet(tokens, '$help'),
    version: isSet(tokens, '$version'),
    problem: problems[0],
  };
}

function isSet(tokens: readonly Token[], key: string): boolean {
  return tokens.some((token) => token.type === 'option' && token.key === key && token.value === true);
}

function commandRoute(command: CommandSpec, help: boolean, argv: readonly string[]): Route {
  return help ? { type: 'command-help', command } : { type: 'command', command, argv };
}

function helpRoute(words: readonly string[], registry: Registry): Route {
  const name = words.filter((word) => !word.startsWith('-')).join(' ');
  if (name === '') return { type: 'help' };
  const command = registry.commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return { type: 'command-help', command };
  if (Object.hasOwn(registry.groups, name)) return { type: 'group-help', group: name };
  throw unknownCommand(name, registry);
}

function isLikeOne(typed: string, registry: Registry): boolean {
  return likely(typed, registry) !== undefined;
}

/** @returns the name of the command that was meant; undefined when none is near */
function likely(typed: string, { commands, groups }: Registry): string | undefined {
  const visible = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);
  // Who types `generate-hashes` means `bazel generate-hashes`.
  const member = visible.find((name) => name.endsWith(` ${typed}`));
  return member ?? suggest(typed, [...visible, ...Object.keys(groups), 'help']);
}

function unknownCommand(typed: string, registry: Registry): Error {
  const { groups } = registry;
  const group = typed.split(' ')[0] ?? '';
  const meant = likely(typed, registry);
  const where = group !== typed && Object.hasOwn(groups, group) ? group : '';
  return usageError(
    where,
    `unknown command ${JSON.stringify(typed)}`,
    meant === undefined ? undefined : `dewar ${meant}`,
  );
}
