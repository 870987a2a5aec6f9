import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askYesNo } from './ask-yes-no.ts';

test.each([
  ['y\n', true],
  ['Yes\n', true],
  ['n\n', false],
  ['\n', false],
  ['yellow\n', false],
  ['', false],
])('%j', async (answer, isYes) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const asked = askYesNo('go on?', { input, output, signal: new AbortController().signal });
  input.end(answer);
  expect(await asked).toBe(isYes);
  expect(String(output.read())).toContain('go on? [y/N] ');
});

test('Ctrl-C is no answer', async () => {
  const abort = new AbortController();
  const asked = askYesNo('go on?', {
    input: new PassThrough(),
    output: new PassThrough(),
    signal: abort.signal,
  });
  abort.abort(new Error('SIGINT'));
  await expect(asked).rejects.toThrow('SIGINT');
});
