import { DigestList, Int32List } from '../../core/columns.ts';
import type { Sections } from '../../core/section-file.ts';

const INT_COLUMNS = ['groupLabels', 'groupIncludes', 'groupIncludeEnds'] as const;
type IntColumn = (typeof INT_COLUMNS)[number];

/**
 * The package groups of a query as columns. They are kept apart from the kinds of a table: a label that stands for a
 * group is no target to the rules that name it, as if there were no groups.
 */
export class PackageGroups {
  /** Label ids. */
  groupLabels: Int32List;
  /** sha256 of the name, the contained packages and the included groups. */
  groupDigests: DigestList;
  /** Label ids of the included groups, sorted, in runs that end at `groupIncludeEnds[row]`. */
  groupIncludes: Int32List;
  groupIncludeEnds: Int32List;
  /** Row by label id. */
  readonly #rows: Map<number, number> = new Map();

  /** @param saved what `toSections` gave; it becomes the groups' own; none when it has no such sections */
  constructor(saved?: Sections) {
    const ints = (name: IntColumn): Int32List => new Int32List(saved?.get(name));
    this.groupLabels = ints('groupLabels');
    this.groupDigests = new DigestList(saved?.get('groupDigests'));
    this.groupIncludes = ints('groupIncludes');
    this.groupIncludeEnds = ints('groupIncludeEnds');
    for (let row = 0; row < this.length; row++) this.#rows.set(this.groupLabels.at(row), row);
  }

  get length(): number {
    return this.groupLabels.length;
  }

  /** @returns undefined for a label that is no group */
  rowOf(label: number): number | undefined {
    return this.#rows.get(label);
  }

  /** @returns label ids */
  includesOf(row: number): Int32Array {
    const ends = this.groupIncludeEnds;
    return this.groupIncludes.slice(row === 0 ? 0 : ends.at(row - 1), ends.at(row));
  }

  /** @param includes label ids, sorted, each once @returns false when the label is a group already: the first one counts */
  add(label: number, digest: Uint8Array, includes: Iterable<number>): boolean {
    if (this.#rows.has(label)) return false;
    const row = this.length;
    this.#rows.set(label, row);
    this.groupLabels.push(label);
    this.groupDigests.set(row, digest);
    for (const include of includes) this.groupIncludes.push(include);
    this.groupIncludeEnds.push(this.groupIncludes.length);
    return true;
  }

  /** Forgets the groups whose label `isGone`; the others may get other rows. */
  remove(isGone: (label: number) => boolean): void {
    if (![...this.#rows.keys()].some(isGone)) return;
    const kept = new PackageGroups();
    for (let row = 0; row < this.length; row++) {
      const label = this.groupLabels.at(row);
      if (!isGone(label)) kept.add(label, this.groupDigests.at(row), this.includesOf(row));
    }
    this.groupLabels = kept.groupLabels;
    this.groupDigests = kept.groupDigests;
    this.groupIncludes = kept.groupIncludes;
    this.groupIncludeEnds = kept.groupIncludeEnds;
    this.#rows.clear();
    for (let row = 0; row < this.length; row++) this.#rows.set(this.groupLabels.at(row), row);
  }

  /** @returns the groups as runs of bytes, valid until they change */
  toSections(): [string, Uint8Array][] {
    return [
      ...INT_COLUMNS.map((name): [string, Uint8Array] => [name, this[name].toBytes()]),
      ['groupDigests', this.groupDigests.toBytes()],
    ];
  }
}
