import { expect, test } from 'vitest';
import { DewarError } from '../core/errors.ts';
import type { CommandSpec } from './command.ts';
import { defineCommand } from './command.ts';
import { expandArgv } from './expand-argv.ts';
import { allOptions } from './global-options.ts';
import { parseCommand } from './parse-command.ts';

const COMMAND: CommandSpec = defineCommand({
  name: 'group word',
  summary: 'does it',
  arguments: {
    kind: { description: 'kind', choices: ['big', 'small'] },
    rest: { description: 'rest', variadic: true },
  },
  options: {
    workspace: {
      long: 'workspacePath',
      short: 'w',
      kind: 'string',
      valueName: 'path',
      required: true,
      description: '',
    },
    startup: { long: 'bazelStartupOptions', short: 'so', kind: 'list', splitOn: 'space', description: '' },
    types: {
      long: 'types',
      short: 'tt',
      kind: 'list',
      splitOn: 'comma',
      choices: ['Rule', 'SourceFile'],
      description: '',
    },
    flags: { long: 'flag', kind: 'list', description: '', default: ['x'] },
    depth: { long: 'depth', short: 'd', kind: 'integer', min: 0, max: 9, description: '' },
    ratio: { long: 'ratio', kind: 'number', default: 0.5, description: '' },
    colour: { long: 'colour', kind: 'string', choices: ['red', 'blue'], default: 'red', description: '' },
    keepGoing: { long: 'keep_going', short: 'k', kind: 'boolean', default: true, description: '' },
    plain: { long: 'plain', kind: 'boolean', description: '' },
    maybe: { long: 'maybe', kind: 'boolean', default: undefined, description: '' },
  },
  run: () => ({}),
});

function parse(...argv: string[]): ReturnType<typeof parseCommand> {
  const table = allOptions(COMMAND);
  return parseCommand(COMMAND, table, expandArgv(argv, table));
}

function failure(...argv: string[]): DewarError {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof DewarError) return error;
    throw error;
  }
  throw new Error(`${argv.join(' ')} was accepted`);
}

test('fills in defaults', () => {
  const { options, arguments: args } = parse('-w', '/ws');
  expect(options).toEqual({
    workspace: '/ws',
    startup: [],
    types: [],
    flags: ['x'],
    depth: undefined,
    ratio: 0.5,
    colour: 'red',
    keepGoing: true,
    plain: false,
    maybe: undefined,
    $json: false,
    $progress: 'auto',
    $verbose: false,
    $help: false,
    $version: false,
  });
  expect(args).toEqual({ kind: undefined, rest: [] });
});

test('gives each kind of option its kind of value', () => {
  const line =
    '-so --b -tt Rule,,SourceFile --flag= -d9 --ratio -1.5e3 --colour=blue --no-keep_going --plain --maybe=false big -- -w b';
  const { options, arguments: args } = parse(
    '-w',
    '',
    '-so',
    ' --a=1  -k ',
    '--flag',
    'a b,c',
    ...line.split(' '),
  );
  expect(options).toMatchObject({
    workspace: '',
    startup: ['--a=1', '-k', '--b'],
    types: ['Rule', 'SourceFile'],
    flags: ['a b,c', ''],
    depth: 9,
    ratio: -1500,
    colour: 'blue',
    keepGoing: false,
    plain: true,
    maybe: false,
  });
  expect(args).toEqual({ kind: 'big', rest: ['-w', 'b'] });
});

test.each([
  [[], 'required option missing: -w, --workspacePath <path>'],
  [['-w', 'x', '-w', 'y'], 'option -w, --workspacePath is given more than once'],
  [['-w'], 'option -w, --workspacePath needs a value: -w <path>'],
  [['-w', 'x', '-d', '1.5'], 'option -d, --depth needs an integer, not "1.5"'],
  [['-w', 'x', '-d', ''], 'option -d, --depth needs an integer, not ""'],
  [
    ['-w', 'x', '-d', '99999999999999999999'],
    'option -d, --depth needs an integer, not "99999999999999999999"',
  ],
  [['-w', 'x', '-d', '10'], 'option -d, --depth must be from 0 to 9, not 10'],
  [['-w', 'x', '--ratio', '0x10'], 'option --ratio needs a number, not "0x10"'],
  [['-w', 'x', '--colour', 'Red'], 'option --colour cannot be "Red"; it is one of red, blue'],
  [['-w', 'x', '-tt', 'Rule,rule'], 'option -tt, --types cannot be "rule"; it is one of Rule, SourceFile'],
  [['-w', 'x', '--plain=1'], 'option --plain is true or false, not "1"'],
  [['-w', 'x', 'medium'], 'argument <kind> cannot be "medium"; it is one of big, small'],
  [
    ['-w', 'x', '--progress', 'bar'],
    'option --progress cannot be "bar"; it is one of auto, tty, plain, ndjson, none',
  ],
])('%j is refused', (argv, message) => {
  const error = failure(...argv);
  expect(error).toMatchObject({ code: 'USAGE', exitCode: 1, message });
  expect(error.mend).toContain('dewar group word --help');
});

test.each([
  [['--workspacepath', 'x'], '--workspacePath'],
  [['-workspacePath', 'x'], '--workspacePath'],
  [['-w', 'x', '--plan'], '--plain'],
  [['-w', 'x', '-st', 'a'], '-so'],
  [['-w', 'x', '--colour', 'blu'], 'blue'],
  [['-w', 'x', '--no-keepgoing'], '--no-keep_going'],
])('%j is answered with a suggestion', (argv, meant) => {
  expect(failure(...argv).mend).toMatch(`did you mean ${meant}? `);
});

test('an argument too many is named, and one that is missing', () => {
  const one = defineCommand({
    name: 'group word',
    summary: '',
    arguments: { out: { description: '', required: true } },
    options: {},
    run: () => ({}),
  });
  const table = allOptions(one);
  expect(() => parseCommand(one, table, expandArgv(['a', 'b'], table))).toThrow('unexpected argument "b"');
  expect(() => parseCommand(one, table, expandArgv([], table))).toThrow("missing required argument 'out'");
});
