import { Argument, Command, CommanderError, Option } from 'commander';
import type { ArgumentTable, CommandSpec, OptionSpec, OptionTable } from './command.ts';
import type { Expansion, Token } from './expand-argv.ts';
import { checkChoice, readOptionValue } from './read-option-value.ts';
import { optionName, problemError, usageError } from './usage-error.ts';

export interface ParsedCommand {
  options: Record<string, unknown>;
  arguments: Record<string, unknown>;
}

/**
 * Turns what the user typed into values of the kinds that the command asks for, with defaults filled in.
 * @param options the command's own options and the global ones
 * @throws DewarError USAGE
 */
export function parseCommand(
  command: CommandSpec,
  options: OptionTable,
  expansion: Expansion,
): ParsedCommand {
  const [problem] = expansion.problems;
  if (problem !== undefined) throw problemError(command.name, options, problem);
  const commander = new Command(command.name)
    .helpOption(false)
    .exitOverride()
    .action(() => undefined);
  commander.configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  for (const [key, option] of Object.entries(options)) addOption(commander, command.name, key, option);
  addArguments(commander, command.name, command.arguments);
  try {
    commander.parse(toCommanderArgv(expansion.tokens, options), { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError
      ? commanderError(command, options, expansion, commander, error)
      : error;
  }
  const given = commander.opts<Record<string, unknown>>();
  return {
    options: Object.fromEntries(
      Object.entries(options).map(([key, option]) => [key, given[key] ?? fallback(option)]),
    ),
    arguments: Object.fromEntries(
      Object.keys(command.arguments).map((key, index): [string, unknown] => [
        key,
        commander.processedArgs[index],
      ]),
    ),
  };
}

/** One word for each option in the one spelling that leaves commander nothing to guess. */
function toCommanderArgv(tokens: readonly Token[], options: OptionTable): string[] {
  const words: string[] = [];
  const positional: string[] = [];
  for (const token of tokens) {
    if (token.type === 'argument') positional.push(token.value);
    else {
      const long = options[token.key]?.long ?? token.key;
      if (typeof token.value === 'string') words.push(`--${long}=${token.value}`);
      else words.push(token.value ? `--${long}` : `--no-${long}`);
    }
  }
  return [...words, '--', ...positional];
}

/** Keeps its value under the key of our table; commander would make a name of its own. */
class KeyedOption extends Option {
  readonly #key: string;

  constructor(flags: string, key: string) {
    super(flags);
    this.#key = key;
  }

  override attributeName(): string {
    return this.#key;
  }
}

function addOption(commander: Command, command: string, key: string, option: OptionSpec): void {
  if (option.kind === 'boolean') {
    commander.addOption(new KeyedOption(`--${option.long}`, key));
    commander.addOption(new KeyedOption(`--no-${option.long}`, key));
    return;
  }
  const keyed = new KeyedOption(`--${option.long} <value>`, key);
  // Without a default in commander: the previous value of a list is then only what the user gave.
  keyed.argParser<unknown>((value, previous) => readOptionValue(command, option, value, previous));
  commander.addOption(keyed.makeOptionMandatory(option.required === true));
}

function fallback(option: OptionSpec): unknown {
  switch (option.kind) {
    case 'list':
      return [...(option.default ?? [])];
    case 'boolean':
      return 'default' in option ? option.default : false;
    default:
      return option.default;
  }
}

function addArguments(commander: Command, command: string, table: ArgumentTable): void {
  for (const [key, { name = key, required, variadic, choices }] of Object.entries(table)) {
    const label = `${key}${variadic === true ? '...' : ''}`;
    const argument = new Argument(required === true ? `<${label}>` : `[${label}]`);
    argument.argParser<unknown>((value, previous) => {
      const checked = checkChoice(command, `argument <${name}>`, value, choices);
      return variadic === true ? [...(Array.isArray(previous) ? previous : []), checked] : checked;
    });
    commander.addArgument(argument);
  }
}

function commanderError(
  { name, arguments: table }: CommandSpec,
  options: OptionTable,
  { tokens }: Expansion,
  commander: Command,
  error: CommanderError,
): Error {
  switch (error.code) {
    case 'commander.missingMandatoryOptionValue': {
      const given = new Set(tokens.map((token) => (token.type === 'option' ? token.key : '')));
      const missing = Object.entries(options).filter(
        ([key, option]) => option.required === true && !given.has(key),
      );
      const names = missing.map(([, option]) => `${optionName(option)} <${option.valueName ?? 'value'}>`);
      return usageError(name, `required option${names.length > 1 ? 's' : ''} missing: ${names.join('; ')}`);
    }
    case 'commander.excessArguments': {
      const extra = commander.args[Object.keys(table).length] ?? '';
      return usageError(name, `unexpected argument ${JSON.stringify(extra)}`);
    }
    default:
      return usageError(name, error.message.replace(/^error: /u, ''));
  }
}
