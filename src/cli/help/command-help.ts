import type { CommandSpec } from '../command.ts';
import { describeCommand } from './describe-command.ts';
import type { OptionDescription } from './describe-command.ts';
import type { Row } from './layout.ts';
import { columns, paragraphs } from './layout.ts';

/** @returns what `dewar <command> --help` prints */
export function commandHelp(command: CommandSpec, width: number): string {
  const about = describeCommand(command);
  const sections = [
    paragraphs(`${about.title}: ${about.summary}`, width),
    `Usage: ${about.usage}`,
    about.description === undefined ? '' : paragraphs(about.description, width),
    section('Arguments', columns(about.arguments, width)),
    ...about.groups.map(({ title, options }) => section(title, columns(optionRows(options), width))),
    section('Examples', about.examples.map((example) => exampleText(example, width)).join('\n')),
    section(
      'Exit codes',
      columns(
        about.exitCodes.map(({ code, meaning }) => ({ term: String(code), text: meaning })),
        width,
      ),
    ),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function section(title: string, body: string): string {
  return body === '' ? '' : `${title}:\n${body}`;
}

function optionRows(options: readonly OptionDescription[]): Row[] {
  const widest = Math.max(0, ...options.map(({ short }) => (short === undefined ? 0 : short.length + 2)));
  return options.map(({ short, long, text }) => ({
    term: (short === undefined ? '' : `${short}, `).padStart(widest) + long,
    text,
  }));
}

function exampleText({ command, description }: CommandSpec['examples'][number], width: number): string {
  return `  ${command}\n${paragraphs(description, width - 6).replaceAll(/^/gmu, '      ')}`;
}
