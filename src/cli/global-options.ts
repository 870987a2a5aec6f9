import type { CommandSpec, OptionSpec, OptionTable } from './command.ts';

/** @returns the whole option table of a command: its own options, then the global ones, which have keys of their own */
export function allOptions(command: Pick<CommandSpec, 'options' | 'json'>): OptionTable {
  const { $json, ...rest } = GLOBAL_OPTIONS;
  return command.json === 'boolean'
    ? { ...command.options, $json, ...rest }
    : { ...command.options, ...rest };
}

/** Heading of the global options in the help. */
export const GLOBAL_GROUP = 'Global options';

export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'ndjson', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

type GlobalKey = '$json' | '$progress' | '$verbose' | '$help' | '$version';

/** They may stand before the name of a command, too. Keys begin with `$`, so that they never meet a command's own. */
export const GLOBAL_OPTIONS: Readonly<Record<GlobalKey, OptionSpec>> = {
  $json: {
    long: 'json',
    kind: 'boolean',
    group: GLOBAL_GROUP,
    description: 'Print the result as JSON on stdout, and an error as one line of JSON on stderr',
  },
  $progress: {
    long: 'progress',
    kind: 'string',
    valueName: 'mode',
    choices: PROGRESS_MODES,
    default: 'auto',
    group: GLOBAL_GROUP,
    description: 'How progress is shown on stderr; auto is tty on a terminal outside CI, otherwise plain',
  },
  $verbose: {
    long: 'verbose',
    short: 'v',
    kind: 'boolean',
    group: GLOBAL_GROUP,
    description: 'Show debug messages, and the causes and the stack of an error',
  },
  $help: {
    long: 'help',
    short: 'h',
    kind: 'boolean',
    group: GLOBAL_GROUP,
    description: 'Show this help',
  },
  $version: {
    long: 'version',
    short: 'V',
    kind: 'boolean',
    group: GLOBAL_GROUP,
    description: 'Show the version',
  },
};
