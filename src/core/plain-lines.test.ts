import { expect, test } from 'vitest';
import { plainLines } from './plain-lines.ts';

test.each([
  ['', []],
  ['\n', ['']],
  ['a\r\nb', ['a', 'b']],
  ['a\n\nb\n', ['a', '', 'b']],
  ['\u001B[0;32m  OK  \u001B[0m done\n', ['  OK   done']],
  ['\u001B]0;title\u0007x\u0007\b\u009B2Jy\u001B', ['xy']],
  ['a\u202Eb\u200Bc\tdé😀', ['abc\tdé😀']],
])('%j', (text, lines) => {
  expect(plainLines(text)).toEqual(lines);
});
