import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts';
import { allOptions } from '../global-options.ts';

/** What help and docs say about a command, before any layout. */
export interface CommandDescription {
  /** The whole name, from `dewar` on. */
  title: string;
  summary: string;
  usage: string;
  description: string | undefined;
  arguments: readonly { term: string; text: string }[];
  groups: readonly { title: string; options: readonly OptionDescription[] }[];
  examples: CommandSpec['examples'];
  exitCodes: readonly { code: number; meaning: string }[];
}

export interface OptionDescription {
  /** With its dash; undefined when there is none. */
  short: string | undefined;
  /** With its dashes and its value: `--workspacePath <path>`. */
  long: string;
  text: string;
}

export function describeCommand(command: CommandSpec): CommandDescription {
  const groups = new Map<string, OptionDescription[]>();
  for (const option of Object.values(allOptions(command))) {
    const title = option.group ?? 'Options';
    groups.set(title, [...(groups.get(title) ?? []), describeOption(option)]);
  }
  const exitCodes = { 0: 'success', 1: 'an error, with its code and a mend on stderr', ...command.exitCodes };
  return {
    title: `dewar ${command.name}`,
    summary: command.summary,
    usage: usage(command),
    description: command.description,
    arguments: Object.entries(command.arguments).map(([key, spec]) => ({
      term: argumentName(key, spec),
      text:
        sentence(spec.description) +
        (spec.choices === undefined ? '' : ` (one of ${spec.choices.join(', ')})`),
    })),
    groups: [...groups].map(([title, options]) => ({ title, options })),
    examples: command.examples,
    exitCodes: Object.entries(exitCodes).map(([code, meaning]) => ({ code: Number(code), meaning })),
  };
}

function usage(command: CommandSpec): string {
  const required = Object.values(command.options).filter((option) => option.required === true);
  return [
    `dewar ${command.name}`,
    ...required.map((option) => `--${option.long} ${valueName(option)}`),
    '[options]',
    ...Object.entries(command.arguments).map(([key, spec]) => {
      const name = argumentName(key, spec);
      return spec.required === true ? name : `[${name}]`;
    }),
  ].join(' ');
}

function argumentName(key: string, spec: ArgumentSpec): string {
  return `<${spec.name ?? key}>${spec.variadic === true ? '...' : ''}`;
}

export function describeOption(option: OptionSpec): OptionDescription {
  const negatable = option.kind === 'boolean' && option.negatable === true;
  const long = `--${negatable ? '[no-]' : ''}${option.long}${option.kind === 'boolean' ? '' : ` ${valueName(option)}`}`;
  const remarks = optionRemarks(option);
  return {
    short: option.short === undefined ? undefined : `-${option.short}`,
    long,
    text: sentence(option.description) + (remarks.length === 0 ? '' : ` (${remarks.join('; ')})`),
  };
}

/** What the description does not already say in words. */
function optionRemarks(option: OptionSpec): string[] {
  const { kind, description } = option;
  const remarks: string[] = [];
  if (option.required === true) remarks.push('required');
  if (kind === 'list') {
    if (option.splitOn !== undefined && !description.includes('separated'))
      remarks.push(`${option.splitOn}-separated`);
    if (!description.includes('repeat')) remarks.push('repeatable');
  }
  if ('choices' in option) remarks.push(`one of ${option.choices.join(', ')}`);
  const value = option.default;
  if (value !== undefined && value !== false && value !== '' && !description.includes('default'))
    remarks.push(`default: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
  return remarks;
}

function valueName(option: OptionSpec): string {
  const fallback = option.kind === 'integer' || option.kind === 'number' ? 'n' : 'value';
  return `<${option.valueName ?? fallback}>`;
}

/** Descriptions read the same whether their author began them with a capital, or ended them with a full stop. */
function sentence(text: string): string {
  const trimmed = text.trim().replace(/(?<=[^.])\.$/u, '');
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
}
