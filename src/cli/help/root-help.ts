import type { Registry } from '../route-argv.ts';
import { columns } from './layout.ts';

const TAGLINE = 'Isolated machines that start warm, with answers that are never wrong.';

/** @returns what `dewar --help` prints */
export function rootHelp({ commands, groups }: Registry, width: number): string {
  const single = commands.filter(({ name, hidden }) => !hidden && !name.includes(' '));
  const rows = [
    ...single.map(({ name, summary }) => ({ term: name, text: summary })),
    ...Object.entries(groups).map(([group, summary]) => ({ term: `${group} <command>`, text: summary })),
  ];
  return [
    `dewar: ${TAGLINE}`,
    'Usage: dewar <command> [options]',
    `Commands:\n${columns(rows, width)}`,
    "See 'dewar <command> --help' for its options, and 'dewar --version' for the version.\n",
  ].join('\n\n');
}

/** @returns what `dewar <group>` and `dewar <group> --help` print */
export function groupHelp({ commands, groups }: Registry, group: string, width: number): string {
  const members = commands.filter(({ name, hidden }) => !hidden && name.startsWith(`${group} `));
  const rows = members.map(({ name, summary }) => ({ term: name.slice(group.length + 1), text: summary }));
  return [
    `dewar ${group}: ${groups[group] ?? ''}`,
    `Usage: dewar ${group} <command> [options]`,
    `Commands:\n${columns(rows, width)}`,
    `See 'dewar ${group} <command> --help' for its options.\n`,
  ].join('\n\n');
}
