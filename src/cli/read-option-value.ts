import type { NumberOption, OptionSpec } from './command.ts';
import { suggest } from '../core/suggest.ts';
import { optionName, usageError } from './usage-error.ts';

/**
 * @param command name of the command, for the error
 * @param previous what earlier occurrences of the option gave, undefined for the first
 * @returns the value in the option's kind; for a list, with the earlier ones
 * @throws DewarError USAGE
 */
export function readOptionValue(
  command: string,
  option: Exclude<OptionSpec, { kind: 'boolean' }>,
  value: string,
  previous: unknown,
): unknown {
  if (option.kind === 'string')
    return checkChoice(command, `option ${optionName(option)}`, value, option.choices);
  if (option.kind !== 'list') return readNumber(command, option, value);
  const earlier: unknown[] = Array.isArray(previous) ? previous : [];
  const parts = splitParts(value, option.splitOn);
  return [
    ...earlier,
    ...parts.map((part) => checkChoice(command, `option ${optionName(option)}`, part, option.choices)),
  ];
}

function splitParts(value: string, splitOn: 'comma' | 'space' | undefined): string[] {
  if (splitOn === undefined) return [value];
  return value.split(splitOn === 'comma' ? ',' : /\s+/u).filter((part) => part !== '');
}

/**
 * @param what the option or the argument, for the error
 * @throws DewarError USAGE
 */
export function checkChoice(
  command: string,
  what: string,
  value: string,
  choices: readonly string[] | undefined,
): string {
  if (choices === undefined || choices.includes(value)) return value;
  const message = `${what} cannot be ${JSON.stringify(value)}; it is one of ${choices.join(', ')}`;
  throw usageError(command, message, suggest(value, choices));
}

function readNumber(command: string, option: NumberOption, value: string): number {
  const number = Number(value);
  const { kind, min = -Infinity, max = Infinity } = option;
  const wellFormed =
    kind === 'integer'
      ? /^[+-]?\d+$/u.test(value) && Number.isSafeInteger(number)
      : /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu.test(value) && Number.isFinite(number);
  const article = kind === 'integer' ? 'an integer' : 'a number';
  if (!wellFormed)
    throw usageError(command, `option ${optionName(option)} needs ${article}, not ${JSON.stringify(value)}`);
  if (number < min || number > max) {
    const range =
      max === Infinity ? `at least ${min}` : min === -Infinity ? `at most ${max}` : `from ${min} to ${max}`;
    throw usageError(command, `option ${optionName(option)} must be ${range}, not ${value}`);
  }
  return number;
}
