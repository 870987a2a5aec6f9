import { expect, test } from 'vitest';
import { WORDS } from '../rules/words.ts';
import { workspaceName } from './workspace-name.ts';

test.each([
  ['/p/app', 'app'],
  ['/p/My App', 'my-app'],
  ['/p/-x-', 'x'],
  ['/p/Größe', 'gro-e'],
  ['/p/..a\nb"c', 'a-b-c'],
  ['/p/日本', 'workspace'],
  ['/', 'workspace'],
  [`/p/${'ab-'.repeat(20)}`, 'ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab'],
  [`/p/${'a'.repeat(31)}-b`, 'a'.repeat(31)],
])('%j is %s', (directory, name) => {
  expect(workspaceName(directory)).toBe(name);
  expect(name).toMatch(WORDS.name.pattern);
});
