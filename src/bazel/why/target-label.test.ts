import { expect, test } from 'vitest';
import { fullLabel, knownSpelling, nearLabels } from './target-label.ts';

test.each([
  ['//a/b', '//a/b:b'],
  ['//a:b', '//a:b'],
  ['@//a:b', '//a:b'],
  ['@@//a', '//a:a'],
  ['@repo//:x', '@repo//:x'],
  ['@@repo~1//a', '@@repo~1//a:a'],
  ['//:x', '//:x'],
  ['//a:b/c.txt', '//a:b/c.txt'],
])('%s is %s', (typed, label) => {
  expect(fullLabel(typed)).toBe(label);
});

test.each([':b', 'a:b', 'a/b', '/a:b', '//a/...', '//...', '//a:all', '//a:*', '//', '//a:', ''])(
  '%s is refused',
  (typed) => {
    expect(() => fullLabel(typed)).toThrow(expect.objectContaining({ code: 'BAD_LABEL' }) as Error);
  },
);

test('the spelling of the graph is found', () => {
  const none = new Set<string>();
  expect(knownSpelling('//a:b', has('//a:b'), none)).toBe('//a:b');
  expect(knownSpelling('@mine//a:b', has('//a:b'), new Set(['mine']))).toBe('//a:b');
  expect(knownSpelling('@mine//a:b', has('//a:b'), none)).toBeUndefined();
  expect(knownSpelling('@r~//a:b', has('@@r~//a:b'), none)).toBe('@@r~//a:b');
  const bytes = Buffer.from('//a:ü', 'utf8').toString('latin1');
  expect(knownSpelling('//a:ü', has(bytes), none)).toBe(bytes);
});

test('near names: a slip, or the right name elsewhere', () => {
  const all = ['//app:top', '//app:server', '//lib:server', '//lib:util', '//other:thing'];
  expect(nearLabels('//app:tpo', all)).toEqual(['//app:top']);
  expect(nearLabels('//lob:util', all)).toEqual(['//lib:util']);
  expect(nearLabels('//nothing/like/it:at_all', all)).toEqual([]);
});

function has(...labels: string[]): (label: string) => boolean {
  return (label) => labels.includes(label);
}
