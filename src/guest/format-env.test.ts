import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { formatEnv } from './format-env.ts';

const ENV = {
  PLAIN: 'x',
  EMPTY: '',
  QUOTES: `it's "so" \`x\` $HOME \\ \\n !event 'a'`,
  LINES: '\nfirst\n\n  second\t\r\n',
  UNICODE: 'Grüße, 世界 🌍 \u202e',
  OPTION: '-n --help',
  _9: '=;&|<>(){}[]*?~#%',
  LONG: 'a b'.repeat(40_000),
};

describe('an env', () => {
  test.each(['dash', 'bash', 'sh'])('reaches programs unchanged by way of %s', (shell) => {
    const output = execFileSync(shell, ['-c', `${formatEnv(ENV)} exec env -0`], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const variables = output.toString().split('\0');
    for (const [name, value] of Object.entries(ENV)) expect(variables).toContain(`${name}=${value}`);
  });

  test.each([
    ['a name that is none', { 'A-B': 'secret' }],
    ['a name that runs something', { 'A=$(id)': 'secret' }],
    ['a NUL', { A: 'secret\0' }],
    ['more than a program can be given', { A: `secret${'x'.repeat(131_072)}` }],
  ])('with %s is refused, and its value not shown', (_what, env) => {
    expect(() => formatEnv(env)).toThrow(
      expect.objectContaining({ code: 'BAD_ENV', message: expect.not.stringContaining('secret') as string }),
    );
  });
});
