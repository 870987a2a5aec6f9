import { expect, test } from 'vitest';
import { defineCommand } from './command.ts';
import type { CommandSpec } from './command.ts';
import { routeArgv } from './route-argv.ts';
import type { Registry } from './route-argv.ts';

function command(name: string): CommandSpec {
  return defineCommand({ name, summary: '', options: {}, run: () => ({}) });
}

const registry: Registry = {
  groups: { bazel: 'the engine' },
  commands: [command('record'), command('bazel fingerprint'), command('bazel generate-hashes')],
};

test.each([
  [['record', '-x', 'y'], 'record', ['-x', 'y']],
  [['-v', '--progress', 'none', 'record', '-x'], 'record', ['-v', '--progress', 'none', '-x']],
  [['-v', 'bazel', '--json', 'fingerprint', '-w', '.'], 'bazel fingerprint', ['-v', '--json', '-w', '.']],
  [['record', '--help'], 'record', ['--help']],
])('%j runs a command', (argv, name, rest) => {
  expect(routeArgv(argv, registry)).toMatchObject({ type: 'command', command: { name }, argv: rest });
});

test.each([
  [[], { type: 'help' }],
  [['-h'], { type: 'help' }],
  [['help'], { type: 'help' }],
  [['--nope', '--help'], { type: 'help' }],
  [['-V'], { type: 'version' }],
  [['bazel', '--version'], { type: 'version' }],
  [['bazel'], { type: 'group-help', group: 'bazel' }],
  [['bazel', '--help'], { type: 'group-help', group: 'bazel' }],
  [['help', 'bazel'], { type: 'group-help', group: 'bazel' }],
  [['--help', 'record'], { type: 'command-help', command: { name: 'record' } }],
  [['help', 'bazel', 'fingerprint'], { type: 'command-help', command: { name: 'bazel fingerprint' } }],
])('%j shows help or the version', (argv, route) => {
  expect(routeArgv(argv, registry)).toMatchObject(route);
});

test.each([
  [['rekord'], 'unknown command "rekord"', 'did you mean dewar record? See dewar --help'],
  [
    ['generate-hashes'],
    'unknown command "generate-hashes"',
    'did you mean dewar bazel generate-hashes? See dewar --help',
  ],
  [
    ['bazel', 'fingerprnt'],
    'unknown command "bazel fingerprnt"',
    'did you mean dewar bazel fingerprint? See dewar bazel --help',
  ],
  [['help', 'zzz'], 'unknown command "zzz"', 'see dewar --help'],
  [['constructor'], 'unknown command "constructor"', 'see dewar --help'],
  [['--workspacePath', 'x', 'record'], 'unknown option --workspacePath', 'see dewar --help'],
  [['--progress'], 'option --progress needs a value: --progress <mode>', 'see dewar --help'],
])('%j is refused', (argv, message, mend) => {
  expect(() => routeArgv(argv, registry)).toThrow(expect.objectContaining({ code: 'USAGE', message, mend }));
});
