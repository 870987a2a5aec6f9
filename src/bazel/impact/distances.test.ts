import { describe, expect, it } from 'vitest';
import { distances } from './distances.ts';

const EDGES = new Map([
  ['//a:one', ['//b:two']],
  ['//b:two', ['//a:one', '//c:low']],
  ['//b:top', ['//a:one']],
]);

function search(changed: Readonly<Record<string, string>>): unknown {
  const labels = Object.keys(changed);
  const starting = { hashes: new Map(labels.map((label) => [label, '0~0'])) };
  const final = { hashes: new Map(Object.entries(changed)) };
  return Object.fromEntries(distances(new Set(labels), starting, final, EDGES, () => undefined));
}

describe('distances', () => {
  it('finds its way round a cycle', () => {
    expect(search({ '//a:one': '1~0', '//b:two': '1~0', '//b:top': '1~0', '//c:low': '1~1' })).toEqual({
      '//c:low': { targetDistance: 0, packageDistance: 0 },
      '//b:two': { targetDistance: 1, packageDistance: 1 },
      '//a:one': { targetDistance: 2, packageDistance: 2 },
      '//b:top': { targetDistance: 3, packageDistance: 3 },
    });
  });

  it('refuses a cycle in which and below which nothing changed', () => {
    expect(() => search({ '//a:one': '1~0', '//b:two': '1~0' })).toThrow(
      expect.objectContaining({ code: 'DEPENDENCY_CYCLE' }) as Error,
    );
  });
});
