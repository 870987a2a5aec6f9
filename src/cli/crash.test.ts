import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { handleCrash } from './crash.ts';

test('what nobody awaited is reported as a bug with its stack, and ends the program', () => {
  const target = new EventEmitter();
  const seen: (string | number)[] = [];
  handleCrash(
    target,
    (report) => seen.push(report),
    (code) => seen.push(code),
  );
  target.emit('uncaughtException', new RangeError('boom'));
  expect(seen).toEqual([expect.stringContaining('error INTERNAL: unexpected RangeError: boom\n'), 1]);
  expect(seen[0]).toContain('crash.test.ts');
});
