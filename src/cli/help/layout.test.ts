import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns, paragraphs, wrap } from './layout.ts';

test('aligns texts, and puts a term too wide on a line of its own', () => {
  const rows = [
    { term: '-w, --workspacePath <path>', text: 'the workspace' },
    { term: '--an-option-with-a-very-long-name <and-value>', text: 'one two three four' },
    { term: '-k', text: '' },
  ];
  expect(columns(rows, 50)).toBe(
    [
      '  -w, --workspacePath <path>  the workspace',
      '  --an-option-with-a-very-long-name <and-value>',
      '                              one two three four',
      '  -k',
    ].join('\n'),
  );
});

test('keeps indented paragraphs as they are and wraps the others', () => {
  expect(paragraphs('one two three\n\n  kept   so\n', 8)).toBe('one two\nthree\n\n  kept   so');
});

test('wrapping keeps every word in order and no line too wide unless it is one word', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^\S{1,12}$/u)),
      fc.integer({ min: 1, max: 40 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width);
        expect(lines.flatMap((line) => line.split(/\s+/u))).toEqual(
          words.flatMap((word) => word.split(/\s+/u)),
        );
        expect(lines.filter((line) => line.length > width && line.includes(' '))).toEqual([]);
      },
    ),
  );
});
