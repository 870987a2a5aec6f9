import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphArbitrary } from '../../../test/support/proto/graph-arbitrary.ts';
import type { TargetData } from '../../../test/support/proto/build-proto.ts';
import { DewarError } from '../../core/errors.ts';
import type { HashedGraph } from '../hash/hash-session.ts';
import { toDependencyEdges, toHashesDocument } from '../hash/to-hashes-document.ts';
import { distances } from '../impact/distances.ts';
import { hashDifference } from '../impact/hash-difference.ts';
import { GraphPair } from './graph-pair.ts';
import { chainTo, impactCone } from './impact-cone.ts';
import { generated, graphOf, rule, source } from '../../../test/support/graph-of.ts';

describe('impactCone', () => {
  test('has the targets and the distances of get-impacted-targets, for any two graphs', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        graphArbitrary,
        graphArbitrary,
        fc.infiniteStream(fc.nat(9)),
        async (first, second, choices) => {
          // Groups may include each other in a cycle, of which edges know no distance.
          const main = first.main.filter(({ kind }) => kind !== 'PackageGroup');
          const edited = main.flatMap((target) => edit(target, second.main, choices.next().value));
          const [before, after] = await Promise.all([tryGraph(main, 'one'), tryGraph(edited, 'two')]);
          fc.pre(before !== undefined && after !== undefined);
          const pair = new GraphPair(before, after);
          const cone = impactCone(pair);
          const [starting, final] = [toHashesDocument(before, ALL), toHashesDocument(after, ALL)];
          expect([...cone.keys()].toSorted()).toEqual([...hashDifference(starting, final)].toSorted());
          for (const label of cone.keys()) expectChain(cone, label);
          // There, an input that is no target any more counts as no change of its own.
          if ([...cone.keys()].some((label) => pair.inputsOfOtherTypes(label).length > 0)) return;
          compared++;
          const edges = toDependencyEdges(after, ALL);
          const wanted = distances(new Set(cone.keys()), starting, final, edges, () => undefined);
          const found = new Map([...cone.values()].map(({ label, distance }) => [label, distance]));
          const expected = [...wanted].map(([label, { targetDistance }]) => [label, targetDistance] as const);
          expect(found).toEqual(new Map(expected));
        },
      ),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(50);
  });

  test('of ways of one length, the one whose labels sort first', async () => {
    const cone = impactCone(new GraphPair(await graphOf(diamond('x')), await graphOf(diamond('y'))));
    expect(chainTo(cone, '//m:top')).toEqual(['//z:root', '//a:two', '//m:top']);
    expect(cone.get('//m:top')?.distance).toBe(2);
  });

  test('a generated file is reached through its rule, a source file is shown beside its user', async () => {
    const targets = [
      source('//a:in.txt'),
      rule('//a:gen', ['//a:in.txt']),
      generated('//a:out', '//a:gen'),
      rule('//b:user', ['//a:out']),
    ];
    const before = await graphOf(targets, { 'a/in.txt': '1' });
    const cone = impactCone(new GraphPair(before, await graphOf(targets, { 'a/in.txt': '2' })));
    expect(chainTo(cone, '//b:user')).toEqual(['//a:gen', '//a:out', '//b:user']);
    expect([...cone.values()].map(({ label, distance, via }) => [label, distance, via])).toEqual([
      ['//a:gen', 0, undefined],
      ['//a:in.txt', 0, undefined],
      ['//a:out', 0, '//a:gen'],
      ['//b:user', 1, '//a:out'],
    ]);
    expect(cone.get('//a:gen')?.dependencies).toEqual(['//a:in.txt']);
  });

  test('what a module reaches is impacted without a hash', async () => {
    const targets = [rule('//a:low', ['@@dep~//:x']), rule('//a:high', ['//a:low']), rule('//a:other')];
    const pair = new GraphPair(await graphOf(targets), await graphOf(targets));
    expect(impactCone(pair).size).toBe(0);
    const cone = impactCone(pair, new Set(['//a:low', '//a:high']));
    expect(chainTo(cone, '//a:high')).toEqual(['//a:low', '//a:high']);
    expect(cone.get('//a:low')?.byModule).toBe(true);
  });
});

/** Two ways from one root to one user. */
function diamond(ruleClass: string): TargetData[] {
  return [
    rule('//z:root', [], { ruleClass }),
    rule('//b:one', ['//z:root']),
    rule('//a:two', ['//z:root']),
    rule('//m:top', ['//b:one', '//a:two']),
  ];
}

const ALL = { includeTargetType: true, targetTypes: undefined };

/** Keeps, drops or replaces a target. */
function edit(target: TargetData, others: readonly TargetData[], choice: number): TargetData[] {
  if (choice === 0) return [];
  if (choice > 3 || target.kind !== 'Rule') return [target];
  if (choice === 1) return [{ ...target, ruleClass: `${target.ruleClass}2` }];
  const other = others.find(({ kind }) => kind === 'Rule');
  return other?.kind === 'Rule' ? [{ ...target, attributes: other.attributes }] : [target];
}

/** @returns undefined for targets of which no graph can be made */
async function tryGraph(targets: readonly TargetData[], content: string): Promise<HashedGraph | undefined> {
  try {
    return await graphOf(targets, { 'a/x.txt': content, 'a/defs.bzl': 'same' });
  } catch (error) {
    if (error instanceof DewarError) return undefined;
    throw error;
  }
}

function expectChain(cone: ReturnType<typeof impactCone>, label: string): void {
  const chain = chainTo(cone, label);
  expect(chain.at(-1)).toBe(label);
  for (const [index, step] of chain.slice(1).entries())
    expect(cone.get(step)?.dependencies).toContain(chain[index]);
}
