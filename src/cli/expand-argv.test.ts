import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OptionTable } from './command.ts';
import { expandArgv } from './expand-argv.ts';
import type { Token } from './expand-argv.ts';

const TABLE: OptionTable = {
  workspacePath: { long: 'workspacePath', short: 'w', kind: 'string', description: '' },
  startup: { long: 'bazelStartupOptions', short: 'so', kind: 'list', splitOn: 'space', description: '' },
  command: { long: 'bazelCommandOptions', short: 'co', kind: 'list', splitOn: 'space', description: '' },
  starting: {
    long: 'startingHashes',
    short: 'sh',
    kind: 'string',
    aliases: ['starting-hashes'],
    description: '',
  },
  seed: { long: 'seedFilepaths', short: 's', kind: 'string', description: '' },
  depth: { long: 'depth', short: 'd', kind: 'integer', description: '' },
  keepGoing: { long: 'keep_going', short: 'k', kind: 'boolean', description: '' },
  verbose: { long: 'verbose', short: 'v', kind: 'boolean', description: '' },
};

/** `key=value` for an option, the bare word for an argument. */
function show(tokens: readonly Token[]): string[] {
  return tokens.map((token) =>
    token.type === 'argument' ? token.value : `${token.key}=${String(token.value)}`,
  );
}

const UNDERSTOOD: readonly (readonly [argv: string[], tokens: string[]])[] = [
  [[], []],
  [['-w', '/path'], ['workspacePath=/path']],
  [['-w=/path'], ['workspacePath=/path']],
  [['-w/path'], ['workspacePath=/path']],
  [['--workspacePath', '/path'], ['workspacePath=/path']],
  [['--workspacePath=/path'], ['workspacePath=/path']],
  [['--workspacePath='], ['workspacePath=']],
  [['--workspacePath=a=b'], ['workspacePath=a=b']],
  [['-w', ''], ['workspacePath=']],
  [['-so', '--host_jvm_args=-Xmx1g'], ['startup=--host_jvm_args=-Xmx1g']],
  [['-so=--host_jvm_args=-Xmx1g'], ['startup=--host_jvm_args=-Xmx1g']],
  [['--bazelStartupOptions', '-so'], ['startup=-so']],
  [['-co', '-k'], ['command=-k']],
  [
    ['-so', '-w', 'x'],
    ['startup=-w', 'x'],
  ],
  [['-so', '--'], ['startup=--']],
  [
    ['-so', '--keep_going', '-k'],
    ['startup=--keep_going', 'keepGoing=true'],
  ],
  [
    ['-so', 'a', '-so', 'b'],
    ['startup=a', 'startup=b'],
  ],
  [
    ['-sh', 'a.json', '-s', 'b'],
    ['starting=a.json', 'seed=b'],
  ],
  [['--starting-hashes', 'a.json'], ['starting=a.json']],
  // Not `-so` with the value `ut/seeds`: a name of several letters takes no attached value.
  [['-sout/seeds'], ['seed=out/seeds']],
  [['-d', '-5'], ['depth=-5']],
  [['--keep_going'], ['keepGoing=true']],
  [['--no-keep_going'], ['keepGoing=false']],
  [['--keep_going=false'], ['keepGoing=false']],
  [['--keep_going=true'], ['keepGoing=true']],
  [['--no-keep_going=false'], ['keepGoing=true']],
  [['-k=false'], ['keepGoing=false']],
  [['-kv'], ['keepGoing=true', 'verbose=true']],
  [['-kw/path'], ['keepGoing=true', 'workspacePath=/path']],
  [
    ['-kw', '/path'],
    ['keepGoing=true', 'workspacePath=/path'],
  ],
  [['-kv=false'], ['keepGoing=true', 'verbose=false']],
  [
    ['-k', '-k'],
    ['keepGoing=true', 'keepGoing=true'],
  ],
  [
    ['--keep_going', 'false'],
    ['keepGoing=true', 'false'],
  ],
  [['-'], ['-']],
  [
    ['out.json', '-k'],
    ['out.json', 'keepGoing=true'],
  ],
  [
    ['--', '-k', '--', '-so'],
    ['-k', '--', '-so'],
  ],
];

test.each(UNDERSTOOD)('%j', (argv, tokens) => {
  const expansion = expandArgv(argv, TABLE);
  expect(show(expansion.tokens)).toEqual(tokens);
  expect(expansion.problems).toEqual([]);
});

const PROBLEMS: readonly (readonly [argv: string[], problem: Record<string, unknown>])[] = [
  [['--nope'], { type: 'unknown-option', spelled: '--nope' }],
  [['--nope=1'], { type: 'unknown-option', spelled: '--nope' }],
  [['--workspacepath', 'x'], { type: 'unknown-option', spelled: '--workspacepath' }],
  [['-W', 'x'], { type: 'unknown-option', spelled: '-W' }],
  [['-kx'], { type: 'unknown-option', spelled: '-kx' }],
  [['-workspacePath', 'x'], { type: 'unknown-option', spelled: '-workspacePath' }],
  [['--no-workspacePath'], { type: 'unknown-option', spelled: '--no-workspacePath' }],
  [['--so', 'x'], { type: 'unknown-option', spelled: '--so' }],
  [['-5'], { type: 'unknown-option', spelled: '-5' }],
  [['-so'], { type: 'missing-value', key: 'startup', spelled: '-so' }],
  [['-kw'], { type: 'missing-value', key: 'workspacePath', spelled: '-w' }],
  [['--workspacePath'], { type: 'missing-value', key: 'workspacePath', spelled: '--workspacePath' }],
  [
    ['--keep_going=maybe'],
    { type: 'bad-boolean', key: 'keepGoing', spelled: '--keep_going', value: 'maybe' },
  ],
  [['--keep_going='], { type: 'bad-boolean', key: 'keepGoing', spelled: '--keep_going', value: '' }],
  [['-w', 'a', '--workspacePath=a'], { type: 'repeated', key: 'workspacePath', spelled: '--workspacePath' }],
  [['-k', '--no-keep_going'], { type: 'repeated', key: 'keepGoing', spelled: '--no-keep_going' }],
];

test.each(PROBLEMS)('%j is a problem', (argv, problem) => {
  expect(expandArgv(argv, TABLE).problems).toEqual([problem]);
});

test('what can be understood beside a problem is still told', () => {
  const { tokens, problems } = expandArgv(['--nope', '-v', 'x'], TABLE);
  expect(show(tokens)).toEqual(['verbose=true', 'x']);
  expect(problems).toHaveLength(1);
});

describe('stopAtArgument', () => {
  test('leaves the first argument and all that follows it', () => {
    const { tokens, rest } = expandArgv(['-w', 'x', '-k', 'bazel', '--nope'], TABLE, {
      stopAtArgument: true,
    });
    expect(show(tokens)).toEqual(['workspacePath=x', 'keepGoing=true']);
    expect(rest).toEqual(['bazel', '--nope']);
  });

  test('leaves the end of options', () => {
    expect(expandArgv(['-k', '--', 'x'], TABLE, { stopAtArgument: true }).rest).toEqual(['--', 'x']);
  });
});

/** Text that a shell may hand over; often something that looks like one of our options. */
const anyWord = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '-w',
    '-so',
    '-co',
    '-k',
    '--',
    '-',
    '',
    '--keep_going',
    '--no-keep_going',
    '--workspacePath=x',
    '=',
  ),
);

const arbitraryUse = fc.oneof(
  fc
    .record({ key: fc.constantFrom(...Object.keys(TABLE)), value: anyWord, form: fc.nat(4) })
    .map(({ key, value, form }) => {
      const option = TABLE[key];
      const { long = '', short = '' } = option ?? {};
      if (option?.kind === 'boolean') {
        const on = form % 2 === 0;
        const spelled = on
          ? [`-${short}`, `--${long}`, `--${long}=true`]
          : [`--no-${long}`, `--${long}=false`];
        return { argv: [spelled[form % spelled.length] ?? ''], token: `${key}=${String(on)}` };
      }
      const attached =
        short.length === 1 && value !== '' && !value.startsWith('=') ? `-${short}${value}` : undefined;
      const clashes =
        attached !== undefined &&
        Object.values(TABLE).some((other) =>
          [`-${other.short ?? ''}`, `-${other.long}`].includes(attached.split('=')[0] ?? ''),
        );
      const forms = [
        [`-${short}`, value],
        [`-${short}=${value}`],
        [`--${long}`, value],
        [`--${long}=${value}`],
        attached === undefined || clashes ? [`--${long}`, value] : [attached],
      ];
      return { argv: forms[form] ?? [], token: `${key}=${value}` };
    }),
  anyWord
    .filter((word) => word === '-' || !word.startsWith('-'))
    .map((word) => ({ argv: [word], token: word })),
);

test('every spelling of every option means the same, whatever its value looks like', () => {
  fc.assert(
    fc.property(fc.array(arbitraryUse), fc.array(anyWord), (uses, after) => {
      const { tokens, problems } = expandArgv([...uses.flatMap(({ argv }) => argv), '--', ...after], TABLE);
      expect(show(tokens)).toEqual([...uses.map(({ token }) => token), ...after]);
      expect(problems.filter(({ type }) => type !== 'repeated')).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('no command line makes it throw, or goes by unnoticed', () => {
  fc.assert(
    fc.property(fc.array(anyWord), (argv) => {
      const { tokens, problems } = expandArgv(argv, TABLE);
      expect(tokens.length + problems.length === 0).toBe(argv.length === 0 || argv.join() === '--');
    }),
  );
});
