import { expect, test } from 'vitest';
import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';
import { commandHelp } from './command-help.ts';

const COMMAND: CommandSpec = defineCommand({
  name: 'bazel hash',
  summary: 'hash all targets',
  description:
    'First paragraph.\n\nSecond paragraph that is long enough to be wrapped at the width of eighty characters.',
  arguments: {
    out: { description: 'where to write', required: true },
    mode: { description: 'how', choices: ['a', 'b'] },
  },
  options: {
    workspace: {
      long: 'workspacePath',
      short: 'w',
      kind: 'string',
      valueName: 'path',
      required: true,
      description: 'the workspace.',
    },
    startup: {
      long: 'bazelStartupOptions',
      short: 'so',
      kind: 'list',
      splitOn: 'space',
      group: 'Bazel',
      description: 'for bazel',
    },
    keepGoing: {
      long: 'keep_going',
      short: 'k',
      kind: 'boolean',
      negatable: true,
      default: true,
      description: 'go on',
    },
    depth: { long: 'depth', kind: 'integer', default: 3, description: 'how deep' },
  },
  examples: [{ command: 'dewar bazel hash -w . out.json', description: 'hashes of this workspace' }],
  exitCodes: { 2: 'nothing to hash' },
  run: () => ({}),
});

test('is grouped, aligned and wrapped', () => {
  expect(commandHelp(COMMAND, 80)).toMatchInlineSnapshot(`
    "dewar bazel hash: hash all targets

    Usage: dewar bazel hash --workspacePath <path> [options] <out> [<mode>]

    First paragraph.

    Second paragraph that is long enough to be wrapped at the width of eighty
    characters.

    Arguments:
      <out>   Where to write
      <mode>  How (one of a, b)

    Options:
      -w, --workspacePath <path>  The workspace (required)
      -k, --[no-]keep_going       Go on (default: true)
          --depth <n>             How deep (default: 3)

    Bazel:
      -so, --bazelStartupOptions <value>  For bazel (space-separated; repeatable)

    Global options:
          --json             Print the result as JSON on stdout, and an error as one
                             line of JSON on stderr
          --progress <mode>  How progress is shown on stderr; auto is tty on a
                             terminal outside CI, otherwise plain (one of auto, tty,
                             plain, ndjson, none; default: auto)
      -v, --verbose          Show debug messages, and the causes and the stack of an
                             error
      -h, --help             Show this help
      -V, --version          Show the version

    Examples:
      dewar bazel hash -w . out.json
          hashes of this workspace

    Exit codes:
      0  success
      1  an error, with its code and a mend on stderr
      2  nothing to hash
    "
  `);
});
