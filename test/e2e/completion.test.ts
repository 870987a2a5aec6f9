import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { DewarError } from '../../src/core/errors.ts';
import { runCommand } from '../../src/platform/run-command.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'dewar-completion-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs a script in which `$DEWAR` is the program. @returns the lines it printed */
async function run(context: TestContext, shell: string, args: readonly string[]): Promise<string[]> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    DEWAR,
    NODE: process.execPath,
    TERM: 'dumb',
    LANG: 'C.UTF-8',
  };
  try {
    const { exitCode, stdout, stderr } = await runCommand(shell, args, { cwd: home, env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return stdout
      .toString()
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if (!(error instanceof DewarError && error.code === 'COMMAND_NOT_FOUND')) throw error;
    return context.skip(`${shell} is not installed`);
  }
}

/** Of a line of what is typed, the last word is the one to complete. */
const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ['be', ['bench']],
  ['bench g', ['generate']],
  ['help bench g', ['generate']],
  ['--progress none bench g', ['generate']],
  ['completion ', ['bash', 'fish', 'zsh']],
  ['completion --progress p', ['plain']],
  ['bench generate --targets', ['--targets-per-package']],
];

describe.each(CASES)('dewar %s', (typed, offered) => {
  test('in bash', async (context) => {
    const words = ['dewar', ...typed.split(' ')];
    const script =
      'source <("$NODE" "$DEWAR" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dewar; printf "%s\\n" "${COMPREPLY[@]}"';
    expect((await run(context, 'bash', ['--norc', '-euc', script, 'bash', ...words])).toSorted()).toEqual(
      offered,
    );
  });

  // What the function hands to zsh's own completion is printed; zsh drops what does not fit the typed word.
  test('in zsh', async (context) => {
    const words = ['dewar', ...typed.split(' ')];
    const script = `
      autoload -Uz compinit && compinit -u -D
      source <("$NODE" "$DEWAR" completion zsh)
      _describe() { print -rl -- "\${(@)\${(P)@[-1]}%%:*}" }
      compadd() { print -rl -- "\${(@P)2}" }
      words=("$@") CURRENT=$#
      _dewar`;
    const lines = await run(context, 'zsh', ['-fc', script, 'zsh', ...words]);
    expect(lines.filter((line) => line.startsWith(words.at(-1) ?? '')).toSorted()).toEqual(offered);
  });

  test('in fish', async (context) => {
    const script = '"$NODE" "$DEWAR" completion fish | source; complete -C "$argv[1]"';
    const lines = await run(context, 'fish', ['--no-config', '-c', script, `dewar ${typed}`]);
    expect(lines.map((line) => line.replace(/\t.*$/u, '')).toSorted()).toEqual(offered);
  });
});
