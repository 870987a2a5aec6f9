import { describe, expect, test } from 'vitest';
import { BASE, FINGERPRINT, manifest, sha256 } from '../../test/support/bundle.ts';
import type { NearestAncestor } from '../platform/git-ancestry.ts';
import type { Manifest } from './manifest.ts';
import { resolve } from './resolve.ts';
import type { Resolution, ResolveInput, StoreEntry } from './resolve.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
const OTHER = sha256('other');
const WANTED = { fingerprint: FINGERPRINT, workspace: '', engine: 'bazel', driver: 'local' };

/** A history in which `line` lists the ancestors, nearest first. */
function history(line: readonly string[], unknown = false) {
  return (commits: readonly string[]): Promise<NearestAncestor> => {
    const commit = line.find((ancestor) => commits.includes(ancestor));
    return Promise.resolve({ nearest: commit, unknown: commit === undefined && unknown });
  };
}

function complete(base: string, changes: Partial<Manifest> = {}): StoreEntry {
  const state = { complete: true, manifest: manifest({}, { base_sha: base, ...changes }) } as const;
  return { place: { fingerprint: FINGERPRINT, base, directory: `/store/${base}` }, state };
}

function damaged(base: string, why = 'it is'): StoreEntry {
  return { ...complete(base), state: { complete: false, why } };
}

function foreign(base: string): StoreEntry {
  return { place: { fingerprint: OTHER, base, directory: `/store/other/${base}` }, state: undefined };
}

function choose(
  entries: StoreEntry[],
  line: string[],
  more: Partial<ResolveInput> = {},
): Promise<Resolution> {
  return resolve({ ...WANTED, entries, ...more }, history(line));
}

describe('resolve', () => {
  test('takes the nearest complete bundle of the same fingerprint', async () => {
    expect(await choose([complete(A), complete(B), foreign(C)], [C, B, A])).toMatchObject({
      found: { place: { base: B } },
    });
    expect(await choose([complete(A), damaged(B)], [B, A])).toMatchObject({ found: { place: { base: A } } });
  });

  test('trusts a bundle of the fingerprint that nobody has opened yet, to be checked next', async () => {
    const unopened = { ...complete(B), state: undefined };
    expect(await choose([complete(A), unopened], [B, A])).toEqual({ found: unopened });
  });

  test('says why there is none', async () => {
    expect(await choose([], [A])).toEqual({ found: undefined, reason: 'no-snapshot' });
    expect(await choose([complete(B)], [A])).toEqual({ found: undefined, reason: 'no-snapshot' });
    expect(await choose([damaged(A, 'torn'), foreign(B)], [B, A])).toMatchObject({
      reason: 'snapshot-damaged',
      detail: `/store/${A}: torn`,
      nearest: { base: A },
    });
    expect(await choose([foreign(A), foreign(B)], [B, A])).toMatchObject({
      reason: 'fingerprint-mismatch',
      nearest: { base: B, fingerprint: OTHER },
    });
    const unknown = resolve({ ...WANTED, entries: [complete(A)] }, history([], true));
    expect(await unknown).toEqual({ found: undefined, reason: 'ancestry-unknown' });
  });

  test('leaves out what is for another workspace, engine or driver', async () => {
    for (const [changes, word] of [
      [{ workspace: 'sub' }, 'workspace sub'],
      [{ engine: 'buck' }, 'engine buck'],
      [{ driver: 'qemu' }, 'driver qemu'],
    ] as const) {
      const found = await choose([complete(A, changes)], [A]);
      expect(found).toMatchObject({ reason: 'no-snapshot', detail: expect.stringContaining(word) });
      expect(await choose([complete(A, changes), complete(B)], [A, B])).toMatchObject({
        found: { place: { base: B } },
      });
    }
  });

  test('keeps to a base that was asked for, an ancestor or not', async () => {
    const entries = [complete(A), complete(B), damaged(C)];
    expect(await choose(entries, [A], { base: B })).toMatchObject({ found: { place: { base: B } } });
    expect(await choose(entries, [A], { base: C })).toMatchObject({ reason: 'snapshot-damaged' });
    expect(await choose(entries, [A], { base: BASE })).toEqual({ found: undefined, reason: 'no-snapshot' });
    expect(await choose([foreign(A), complete(B)], [A], { base: A })).toMatchObject({
      reason: 'fingerprint-mismatch',
    });
  });
});
