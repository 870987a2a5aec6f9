import { describe, expect, test } from 'vitest';
import { summarize } from './quarantine-report.ts';
import { differencesBetween } from './verify-compare.ts';
import type { TierReport } from './verify-report.ts';
import { verifyText } from './verify-text.ts';
import { isSampled } from './verify-sample.ts';

const COLD = new Map([
  ['//a', '1'],
  ['//b', '2'],
  ['//c', '3'],
]);
const ROW: TierReport = {
  tier: 'graph',
  outcome: 'disagrees',
  impacted: 2,
  set_sha256: 'x',
  hashes_sha256: 'y',
  phases_ms: {},
  ms: 1200,
};

describe('differences', () => {
  test('name what is missing, too much and of another value', () => {
    const found = new Map([
      ['//b', '2'],
      ['//c', '4'],
      ['//d', '5'],
    ]);
    expect(differencesBetween(COLD, found)).toEqual({
      missing: { total: 1, first: ['//a'] },
      extra: { total: 1, first: ['//d'] },
      changed: { total: 1, first: [{ label: '//c', cold: '3', found: '4' }] },
    });
  });

  test('are none between equals, and bounded between strangers', () => {
    const none = { total: 0, first: [] };
    expect(differencesBetween(COLD, new Map(COLD))).toEqual({ missing: none, extra: none, changed: none });
    const many = new Map(Array.from({ length: 1000 }, (_, at) => [`//${at}`, '']));
    const { extra } = differencesBetween(new Map(), many);
    expect(extra).toEqual({ total: 1000, first: [...many.keys()].slice(0, 20) });
  });
});

describe('a sample', () => {
  test('is all at 1, none at 0, and the share that is asked for between', () => {
    const numbers = Array.from({ length: 100 }, (_, at) => at / 100);
    const count = (probability: number): number =>
      numbers.filter((number) => isSampled({ probability, toolVersion: '' }, () => number)).length;
    expect([count(0), count(0.05), count(0.5), count(1)]).toEqual([0, 5, 50, 100]);
  });
});

describe('words', () => {
  test('the summary names the tier and what differs', () => {
    const set = differencesBetween(COLD, new Map([['//d', '']]));
    const base = {
      agrees: false,
      sha256: 'a',
      cold_sha256: 'b',
      differences: differencesBetween(COLD, new Map()),
    };
    expect(summarize([{ ...ROW, differences: { set } }], base, 'abc')).toBe(
      'wrong for abc: graph: 3 targets missing, 1 too many; base hashes: 3 hashes differ',
    );
  });

  test('the report for people lists what differs and what became of the snapshot', () => {
    const set = differencesBetween(
      COLD,
      new Map([
        ['//a', ''],
        ['//d', ''],
      ]),
    );
    const text = verifyText({
      base_sha: 'b',
      target_sha: 't',
      fingerprint: 'f',
      driver: 'local',
      snapshot: { directory: '/s', fingerprint: 'f', temporary: false },
      agrees: false,
      tiers: [
        { ...ROW, differences: { set: { ...set, changed: { total: 0, first: [] } } } },
        { ...ROW, tier: 'partial', outcome: 'not-applicable', why: 'no index', impacted: null },
        { ...ROW, tier: 'cold', outcome: 'reference', impacted: 3 },
      ],
      base_hashes: { agrees: true, sha256: 'a', cold_sha256: 'a' },
      quarantine: { directory: '/q' },
    });
    expect(text.split('\n')).toEqual([
      'graph   DIFFERENT: 2 impacted targets in 1.2 s',
      '  2 targets missing:',
      '    //b',
      '    //c',
      '  1 targets too many:',
      '    //d',
      'partial not applicable: no index',
      'cold    what the others are compared with: 3 impacted targets in 1.2 s',
      'base hashes of the snapshot: equal',
      'the snapshot is quarantined in /q',
      'the answers differ',
    ]);
  });
});
