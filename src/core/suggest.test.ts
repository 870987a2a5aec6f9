import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance } from './edit-distance.ts';
import { suggest } from './suggest.ts';

test.each([
  ['kitten', 'sitting', 3],
  ['ab', 'ba', 1],
  ['', 'abc', 3],
  ['same', 'same', 0],
])('from %j to %j', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

test('a distance is symmetric, zero only for equals, and at most the longer length', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c') }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c') }),
      (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      },
    ),
  );
});

test('suggests the nearest, whatever its case, and nothing far away', () => {
  expect(suggest('--workspacepath', ['--workspace', '--workspacePath'])).toBe('--workspacePath');
  expect(suggest('zebra', ['record', 'consume'])).toBeUndefined();
});
