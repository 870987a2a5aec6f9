import { expect, test } from 'vitest';
import { resolveEnv } from './resolve-env.ts';

const CONFIG = { file: '/p/dewar.config.ts', env: { A: 'a\nb', B: { fromEnv: 'X' } } };

test('texts, and values of this host', () => {
  expect(resolveEnv(CONFIG, { X: 'x', Y: 'y' })).toEqual({ A: 'a\nb', B: 'x' });
});

test('a variable that is set to nothing is set', () => {
  expect(resolveEnv(CONFIG, { X: '' })).toEqual({ A: 'a\nb', B: '' });
});

test('one that is not set is an error that names it, and no value', () => {
  expect(() => resolveEnv(CONFIG, { Y: 'y' })).toThrow(
    "/p/dewar.config.ts: env.B is the value of this host's variable X, which is not set",
  );
});
