import { describe, expect, it } from 'vitest';
import { PackageGroups } from './package-groups.ts';

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function filled(): PackageGroups {
  const groups = new PackageGroups();
  groups.add(7, digest(1), [3, 9]);
  groups.add(3, digest(2), []);
  groups.add(9, digest(3), [7]);
  return groups;
}

function contents(groups: PackageGroups): unknown[] {
  return Array.from({ length: groups.length }, (_, row) => ({
    label: groups.groupLabels.at(row),
    row: groups.rowOf(groups.groupLabels.at(row)),
    digest: groups.groupDigests.at(row)[0],
    includes: [...groups.includesOf(row)],
  }));
}

describe('PackageGroups', () => {
  it('keeps the first of a label', () => {
    const groups = filled();
    expect(groups.add(3, digest(4), [7])).toBe(false);
    expect(contents(groups)).toEqual([
      { label: 7, row: 0, digest: 1, includes: [3, 9] },
      { label: 3, row: 1, digest: 2, includes: [] },
      { label: 9, row: 2, digest: 3, includes: [7] },
    ]);
    expect(groups.rowOf(1)).toBeUndefined();
  });

  it('comes back from its sections, and grows on', () => {
    const again = new PackageGroups(
      new Map(
        filled()
          .toSections()
          .map(([name, bytes]) => [name, bytes.slice()]),
      ),
    );
    expect(contents(again)).toEqual(contents(filled()));
    expect(again.add(7, digest(5), [])).toBe(false);
    expect(again.add(8, digest(5), [9])).toBe(true);
    expect(contents(again).at(-1)).toEqual({ label: 8, row: 3, digest: 5, includes: [9] });
    expect(new PackageGroups(new Map()).length).toBe(0);
  });

  it('forgets groups, which may come back', () => {
    const groups = filled();
    groups.remove((label) => label === 7);
    expect(contents(groups)).toEqual([
      { label: 3, row: 0, digest: 2, includes: [] },
      { label: 9, row: 1, digest: 3, includes: [7] },
    ]);
    expect(groups.rowOf(7)).toBeUndefined();
    expect(groups.add(7, digest(6), [9])).toBe(true);
    expect(contents(groups).at(-1)).toEqual({ label: 7, row: 2, digest: 6, includes: [9] });
  });
});
