import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../platform/run-command.ts';
import { defineCommand } from '../command.ts';
import type { Registry } from '../route-argv.ts';
import { completionScript } from './completion-script.ts';

const registry: Registry = {
  groups: { bazel: "the engine's commands" },
  commands: [
    defineCommand({ name: 'record', summary: "freeze it: that's all", options: {}, run: () => ({}) }),
    defineCommand({ name: 'secret', summary: '', options: {}, hidden: true, run: () => ({}) }),
    defineCommand({
      name: 'bazel hash',
      summary: 'hash',
      arguments: { how: { description: '', choices: ['fast', 'slow'] } },
      options: {
        startup: {
          long: 'startupOptions',
          short: 'so',
          kind: 'string',
          description: "bazel's own: $HOME `x`",
        },
        kind: { long: 'kind', short: 'k', kind: 'string', choices: ['red', 'blue'], description: 'kind' },
        dry: { long: 'dry', kind: 'boolean', negatable: true, description: 'dry' },
      },
      run: () => ({}),
    }),
    defineCommand({ name: 'bazel query', summary: 'query', options: {}, run: () => ({}) }),
  ],
};

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dewar-completion-'));
  await writeFile(join(dir, 'dewar.bash'), completionScript('bash', registry));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** What bash offers when TAB is pressed at the end of the words. */
async function complete(...words: string[]): Promise<string[]> {
  const script =
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dewar; printf "%s\\n" "${COMPREPLY[@]}"';
  const result = await runCommand('bash', [
    '--norc',
    '-euc',
    script,
    'bash',
    join(dir, 'dewar.bash'),
    'dewar',
    ...words,
  ]);
  expect(result.stderr).toBe('');
  return result.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

test.each([
  [[''], ['record', 'bazel', 'help']],
  [['b'], ['bazel']],
  [
    ['bazel', ''],
    ['hash', 'query'],
  ],
  [['bazel', 'h'], ['hash']],
  [['help', 'bazel', 'q'], ['query']],
  [
    ['bazel', 'hash', ''],
    ['fast', 'slow'],
  ],
  [['bazel', 'hash', '--k'], ['--kind']],
  [['bazel', 'hash', '--no'], ['--no-dry']],
  [
    ['bazel', 'hash', '--kind', ''],
    ['red', 'blue'],
  ],
  [['bazel', 'hash', '-k', 'b'], ['blue']],
  // Bash takes `=` for a word of its own.
  [['bazel', 'hash', '--kind', '=', 'r'], ['red']],
  [
    ['bazel', 'hash', '--kind', '='],
    ['red', 'blue'],
  ],
  [['--progress', 'none', 'bazel', 'q'], ['query']],
  [['--progress', 'p'], ['plain']],
  [['bazel', 'hash', '-so', 'query', 'f'], ['fast']],
])('bash completes %j', async (words, offered) => {
  const found = await complete(...words);
  expect(found).toEqual(offered);
});

test('bash offers every option of a command, and the global ones', async () => {
  const offered = await complete('bazel', 'hash', '-');
  expect(offered).toEqual(
    expect.arrayContaining(['-so', '--startupOptions', '--dry', '--no-dry', '-h', '--progress']),
  );
});
