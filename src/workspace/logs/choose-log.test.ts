import { expect, test } from 'vitest';
import { chooseLog } from './choose-log.ts';

const LOGS = ['console', 'monitor', '01-setup', '02-npm_install'].map((name) => ({ name }));

test.each([
  [undefined, [], 'console'],
  [undefined, ['npm install'], '02-npm_install'],
  [undefined, ['setup', 'npm install'], '02-npm_install'],
  [undefined, ['one that left no log'], 'console'],
  ['01-setup', [], '01-setup'],
  ['setup', [], '01-setup'],
  ['npm install', [], '02-npm_install'],
])('%j, where %j failed: %s', (name, failed, log) => {
  expect(chooseLog(LOGS, name, failed)?.name).toBe(log);
});

test('where there is none, none is chosen; what was named must be there', () => {
  expect(chooseLog([], undefined, ['setup'])).toBeUndefined();
  expect(() => chooseLog(LOGS, 'x', [])).toThrow(
    expect.objectContaining({ code: 'NO_SUCH_LOG', mend: expect.stringContaining('02-npm_install') }),
  );
});
