import { describe, expect, test } from 'vitest';
import { referenceDistances, referenceImpact } from '../../reference/reference-impact.ts';
import { changedBaseRepos, expandFineGrained } from '../../reference/reference-modules.ts';

const hashes = (entries: Record<string, string>): { hashes: Map<string, string> } => ({
  hashes: new Map(Object.entries(entries)),
});

describe('impacted targets', () => {
  const starting = hashes({
    '//a:gone': 'Rule#1~1',
    '//a:r': 'Rule#1~1',
    '//a:same': 'Rule#1~1',
    '//external:x': 'Rule#1~1',
  });
  const final = hashes({
    '//b:r': 'Rule#2~2',
    '//a:r': 'Rule#2~1',
    '//a:same': 'Rule#1~1',
    '//z:s': 'SourceFile#2~2',
    '//a:g': 'GeneratedFile#2~2',
    '//external:x': 'Rule#2~2',
  });

  test('new and different ones, by kind, then label', () => {
    expect(referenceImpact({ starting, final }).labels).toEqual([
      '//z:s',
      '//a:g',
      '//a:r',
      '//b:r',
      '//external:x',
    ]);
    expect(referenceImpact({ starting, final, dropExternal: true, targetTypes: ['Rule'] }).labels).toEqual([
      '//a:r',
      '//b:r',
    ]);
  });

  test('distances: the nearest impacted dependency, packages counted apart', () => {
    const before = hashes({ '//a:s': '0~0', '//a:1': '1~1', '//b:2': '1~1', '//b:3': '1~1', '//c:4': '1~1' });
    const after = hashes({ '//a:s': '2~2', '//a:1': '2~2', '//b:2': '2~1', '//b:3': '2~1', '//c:4': '2~1' });
    const edges = new Map([
      ['//b:2', ['//a:1']],
      ['//b:3', ['//b:2', '//unknown']],
      ['//c:4', []],
    ]);
    expect(referenceDistances({ starting: before, final: after }, edges)).toEqual([
      { label: '//a:1', targetDistance: 0, packageDistance: 0 },
      { label: '//a:s', targetDistance: 0, packageDistance: 0 },
      { label: '//b:2', targetDistance: 1, packageDistance: 1 },
      { label: '//b:3', targetDistance: 2, packageDistance: 1 },
      { label: '//c:4', targetDistance: 0, packageDistance: 0 },
    ]);
  });
});

describe('modules', () => {
  test('changed modules as the repos of the labels', () => {
    const before = root(node('kept', '1'), node('bumped', '1'), node('gone', '1'));
    const after = root(node('kept', '1'), node('bumped', '2'), node('added', '1'));
    const labels = [
      '@@kept~//:x',
      '@@bumped+//:x',
      '@@bumped+2//:x',
      '@@bumped+ext+sub//:x',
      '@@added~1//:x',
      '//:gone',
    ];
    expect(changedBaseRepos(before, after, labels)).toEqual(['added~1', 'bumped+', 'bumped+2']);
    expect(changedBaseRepos(root(), after, labels)).toEqual([]);
    expect(changedBaseRepos(undefined, after, labels)).toEqual([]);
  });

  test('fine-grained repos gain the modules above them', () => {
    const low = node('low', '1');
    const graph = root(
      node('mid', '1', [node('other', '1'), low]),
      node('high', '1', [{ key: 'mid@1', unexpanded: true }]),
    );
    expect(expandFineGrained(['@low'], graph)).toEqual(['@low', '@mid', '@high']);
    expect(expandFineGrained(['@low'], undefined)).toEqual(['@low']);
  });
});

function node(name: string, version: string, dependencies: unknown[] = []): Record<string, unknown> {
  return { key: `${name}@${version}`, name, version, apparentName: name, dependencies };
}

function root(...dependencies: unknown[]): string {
  return JSON.stringify({ key: '<root>', name: '', version: '', apparentName: '', dependencies, root: true });
}
