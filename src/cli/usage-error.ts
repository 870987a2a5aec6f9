import { DewarError } from '../core/errors.ts';
import type { OptionSpec, OptionTable } from './command.ts';
import type { Problem } from './expand-argv.ts';
import { suggest } from '../core/suggest.ts';

/**
 * @param command its name, without `dewar`; empty for the program itself
 * @param meant what the user probably wanted to type
 * @returns the error for a command line that does not fit
 */
export function usageError(command: string, message: string, meant?: string): DewarError {
  const help = ['dewar', command, '--help'].filter((word) => word !== '').join(' ');
  return new DewarError({
    code: 'USAGE',
    message,
    mend: meant === undefined ? `see ${help}` : `did you mean ${meant}? See ${help}`,
  });
}

/** @returns the error for a word of the command line that could not be understood */
export function problemError(command: string, options: OptionTable, problem: Problem): DewarError {
  const { spelled } = problem;
  if (problem.type === 'unknown-option')
    return usageError(command, `unknown option ${spelled}`, similarOption(options, spelled));
  if (problem.type === 'bad-boolean')
    return usageError(command, `option ${spelled} is true or false, not ${JSON.stringify(problem.value)}`);
  const option = options[problem.key];
  const name = option === undefined ? spelled : optionName(option);
  if (problem.type === 'repeated') return usageError(command, `option ${name} is given more than once`);
  return usageError(command, `option ${name} needs a value: ${spelled} <${option?.valueName ?? 'value'}>`);
}

/** @returns `-so, --bazelStartupOptions` */
export function optionName(option: OptionSpec): string {
  return option.short === undefined ? `--${option.long}` : `-${option.short}, --${option.long}`;
}

function similarOption(options: OptionTable, spelled: string): string | undefined {
  const names = Object.values(options).flatMap((option) => [
    `--${option.long}`,
    ...(option.aliases ?? []).map((alias) => `--${alias}`),
    ...(option.kind === 'boolean' ? [`--no-${option.long}`] : []),
    ...(option.short === undefined || option.short.length === 1 ? [] : [`-${option.short}`]),
  ]);
  return names.find((name) => name === `-${spelled}`) ?? suggest(spelled, names);
}
