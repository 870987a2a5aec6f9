import { describe, expect, test } from 'vitest';
import { linkedPaths } from './linked-paths.ts';
import { treeOddities } from './symlinks-of-tree.ts';

const OBJECT = 'a'.repeat(40);

function listing(...entries: (readonly [mode: string, path: string])[]): Buffer {
  const lines = entries.map(([mode, path]) => {
    const type = mode === '160000' ? 'commit' : 'blob';
    return `${mode} ${type} ${OBJECT}\t${path}\0`;
  });
  return Buffer.from(lines.join(''));
}

describe('treeOddities', () => {
  test('finds links, submodules and attributes at the start, in the middle and at the end', () => {
    const tree = listing(
      ['120000', 'first'],
      ['100644', 'a/120000 blob b'],
      ['100644', '.gitattributes'],
      ['160000', 'sub mod'],
      ['100644', 'x.gitattributes'],
      ['100644', 'a/.gitattributes'],
      ['100755', 'a/.gitattributes.old'],
      ['120000', 'a\tb\nc'],
      ['120000', 'lë'],
      ['160000', 'last'],
    );
    expect(treeOddities(tree)).toEqual({
      symlinks: ['first', 'a\tb\nc', 'lë'].map((path) => ({ path, blob: OBJECT })),
      gitlinks: ['sub mod', 'last'],
      attributes: ['.gitattributes', 'a/.gitattributes'],
    });
  });

  test('finds nothing in an empty tree and among plain files', () => {
    const none = { symlinks: [], gitlinks: [], attributes: [] };
    expect(treeOddities(Buffer.alloc(0))).toEqual(none);
    expect(treeOddities(listing(['100644', '120000 blob x']))).toEqual(none);
  });
});

function shared(links: Record<string, string>, workspace?: string): string[] {
  return linkedPaths(new Map(Object.entries(links)), workspace).shared;
}

describe('linkedPaths', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['beside', { 'a/link': 'target' }, ['a/link', 'a/target']],
    ['upwards', { 'a/b/link': '../../c/' }, ['a/b/link', 'c']],
    ['the workspace itself', { 'a/link': '..' }, ['', 'a/link']],
    ['a chain', { a: 'b/x', b: 'c' }, ['a', 'b', 'b/x', 'c', 'c/x']],
    ['.. behind a link', { a: 'b/../x', b: 'c/d' }, ['a', 'b', 'c/d', 'c/x', 'x']],
    ['outside', { a: '../x', b: '/etc' }, ['a', 'b']],
    ['a circle', { a: 'b', b: 'a' }, ['a', 'b']],
  ])('%s', (_name, links, expected) => {
    expect(shared(links)).toEqual(expected);
  });

  test('an absolute link and one around the workspace lead inside', () => {
    expect(shared({ 'a/x': '/w/s/data', b: '../s/other', c: '/w/sibling' }, '/w/s')).toEqual(
      ['a/x', 'b', 'c', 'data', 'other'].toSorted(),
    );
  });

  test('names the links that leave the workspace', () => {
    const links = new Map(Object.entries({ in: 'x', out: '../x', loop: 'loop', far: '/x' }));
    expect(linkedPaths(links).outside).toEqual(['far', 'loop', 'out']);
  });
});
