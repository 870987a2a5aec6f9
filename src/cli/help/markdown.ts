import type { CommandSpec } from '../command.ts';
import type { Registry } from '../route-argv.ts';
import { GLOBAL_GROUP, GLOBAL_OPTIONS } from '../global-options.ts';
import { describeCommand, describeOption } from './describe-command.ts';
import type { OptionDescription } from './describe-command.ts';

/** @returns docs/cli.md */
export function cliMarkdown({ commands, groups }: Registry): string {
  const visible = commands.filter(({ hidden }) => !hidden);
  const single = visible.filter(({ name }) => !name.includes(' '));
  const grouped = Object.keys(groups).flatMap((group) =>
    visible.filter(({ name }) => name.startsWith(`${group} `)),
  );
  const ordered = [...single, ...grouped];
  return [
    '# Commands',
    '<!-- Made by scripts/generate-cli-docs.mjs from the option data in src/cli/commands; do not edit. -->',
    'Results go to stdout, progress and errors to stderr. An option takes its value as `--name VALUE` or `--name=VALUE`, ' +
      'a short one as `-n VALUE`, `-n=VALUE`, or `-nVALUE` when its name has one letter; short names may have more than one ' +
      'letter (`-so`). What follows an option that takes a value is its value, whatever it looks like. `--no-name` and ' +
      '`--name=false` turn a flag off. `--` ends the options.',
    table(
      ['command', 'what it does'],
      ordered.map(({ name, summary }) => [
        `[\`dewar ${name}\`](#dewar-${name.replaceAll(' ', '-')})`,
        summary,
      ]),
    ),
    `## ${GLOBAL_GROUP}`,
    'Every command has these, before or after its name; `--json` where nothing else is said.',
    table(['option', 'meaning'], Object.values(GLOBAL_OPTIONS).map(describeOption).map(optionRow)),
    ...ordered.map(commandMarkdown),
  ]
    .join('\n\n')
    .concat('\n');
}

function commandMarkdown(command: CommandSpec): string {
  const about = describeCommand(command);
  return [
    `## ${about.title}`,
    `${about.summary.charAt(0).toUpperCase()}${about.summary.slice(1)}.`,
    `\`\`\`\n${about.usage}\n\`\`\``,
    about.description ?? '',
    table(
      ['argument', 'meaning'],
      about.arguments.map(({ term, text }) => [`\`${term}\``, escapeText(text)]),
    ),
    ...about.groups
      .filter(({ title }) => title !== GLOBAL_GROUP)
      .map(({ title, options }) => table([title.toLowerCase(), 'meaning'], options.map(optionRow))),
    ...about.examples.map(({ command: line, description }) => `${description}:\n\n\`\`\`sh\n${line}\n\`\`\``),
    command.json === 'none' ? 'It has no `--json`.' : '',
    `Exit codes: ${about.exitCodes.map(({ code, meaning }) => `${code} ${meaning}`).join('; ')}.`,
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function optionRow({ short, long, text }: OptionDescription): string[] {
  const names = short === undefined ? `\`${long}\`` : `\`${short}\`, \`${long}\``;
  return [names.replaceAll('|', '\\|'), escapeText(text)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function escapeText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/gu, ' ');
}
