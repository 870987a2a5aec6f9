import { describe, expect, it } from 'vitest';
import { changedModules } from '../impact/changed-modules.ts';
import { changedRepositories } from '../impact/module-impact.ts';
import { expandFineGrained } from './expand-fine-grained.ts';
import { parseModuleGraph } from './module-graph.ts';
import { showsRepositories } from './shows-repositories.ts';

/** root -> app -> lib; root -> lib (stub); lib <-> util */
const GRAPH = JSON.stringify({
  ...module('<root>', 'root'),
  dependencies: [
    {
      ...module('app@1', 'app', '1', 'my_app'),
      dependencies: [
        {
          ...module('lib@2', 'lib', '2'),
          dependencies: [{ ...module('util@1', 'util', '1'), cycles: [{ key: 'lib@2', unexpanded: true }] }],
        },
      ],
    },
    { key: 'lib@2', name: 'lib', version: '2', apparentName: 'lib', unexpanded: true },
  ],
});

describe('parseModuleGraph', () => {
  it('reads modules and edges, those of stubs too', () => {
    const graph = parseModuleGraph(GRAPH);
    expect([...(graph?.modules.keys() ?? [])].toSorted()).toEqual(['<root>', 'app@1', 'lib@2', 'util@1']);
    expect([...(graph?.dependencies.get('<root>') ?? [])].toSorted()).toEqual(['app@1', 'lib@2']);
    expect([...(graph?.dependencies.get('util@1') ?? [])]).toEqual(['lib@2']);
  });

  it.each(['', 'no json', '[]', 'null', '3'])('is undefined for %j', (text) => {
    expect(parseModuleGraph(text)).toBeUndefined();
  });

  it('does not count modules without a name or version', () => {
    const graph = parseModuleGraph(
      '{"key":"<root>","name":"","version":"","apparentName":"","dependencies":[{"key":"x"}]}',
    );
    expect(graph?.modules.size).toBe(0);
  });
});

describe('expandFineGrained', () => {
  it('adds all that depend on a listed repository, but not the root', () => {
    const graph = parseModuleGraph(GRAPH);
    if (graph === undefined) throw new Error('no graph');
    expect(expandFineGrained(['@util'], graph).toSorted()).toEqual(['@lib', '@my_app', '@util']);
    expect(expandFineGrained(['@other'], graph)).toEqual(['@other']);
  });
});

describe('changedModules', () => {
  const one = JSON.stringify(module('a@1', 'a', '1'));

  it.each([
    ['equal graphs', one, one, undefined],
    ['a new version', one, JSON.stringify(module('a@2', 'a', '2')), ['a']],
    ['a version behind one key', one, JSON.stringify(module('a@1', 'a', '9')), ['a']],
    ['metadata on one side', one, undefined, undefined],
    ['modules on one side only', one, '{}', undefined],
    ['another spelling', one, `${one} `, []],
  ])('%s', (_, starting, final, expected) => {
    const changed = changedModules(starting, final);
    expect(changed === undefined ? undefined : [...changed]).toEqual(expected);
  });
});

describe('changedRepositories', () => {
  it('takes base repositories of the module only', () => {
    const labels = ['@@a~1//:x', '@@a+//:y', '@@a~~ext~r//:z', '@@ab+//:x', '//:x', '@a//:x', '@@a//:x'];
    const final = { hashes: new Map(labels.map((label) => [label, 'h~d'])) };
    expect(changedRepositories(new Set(['a']), final)).toEqual(['a+', 'a~1']);
  });
});

describe('showsRepositories', () => {
  it.each([
    ['7.7.1', false],
    ['8.5.9', false],
    ['8.6.0', true],
    ['8.6.0rc1', true],
    ['9.0.0', false],
    ['9.1.0', true],
    [undefined, true],
  ])('%s: %s', (version, expected) => {
    expect(showsRepositories(version)).toBe(expected);
  });
});

function module(key: string, name: string, version = '', apparentName = name): Record<string, unknown> {
  return { key, name, version, apparentName, dependencies: [], indirectDependencies: [], cycles: [] };
}
