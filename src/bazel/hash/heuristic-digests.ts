import { DigestList, Int32List } from '../../core/columns.ts';
import type { ByteBuilder } from '../../core/byte-builder.ts';
import type { LabelTable } from './label-table.ts';

/** Nobody has asked for this label yet. */
const UNKNOWN = -2;
/** The label has no regular file. */
export const NO_DIGEST = -1;

/** The digests of labels that are no targets (H of the format); each is made when it is first asked for. */
export class HeuristicDigests {
  readonly #labels: LabelTable;
  readonly #make: (label: string) => Buffer | undefined;
  /** By label id: index into `digests`, NO_DIGEST or UNKNOWN. */
  readonly indexes: Int32List;
  readonly digests: DigestList;

  /** @param known what an earlier run found */
  constructor(
    labels: LabelTable,
    make: (label: string) => Buffer | undefined,
    known: { indexes: Int32List; digests: DigestList } = {
      indexes: new Int32List(),
      digests: new DigestList(),
    },
  ) {
    this.#labels = labels;
    this.#make = make;
    this.indexes = known.indexes;
    this.digests = known.digests;
  }

  /** @returns an index for `putTo`, or NO_DIGEST */
  indexOf(label: number): number {
    const known = label < this.indexes.length ? this.indexes.at(label) : UNKNOWN;
    if (known !== UNKNOWN) return known;
    const digest = this.#make(this.#labels.text(label));
    if (digest === undefined) this.indexes.set(label, NO_DIGEST, UNKNOWN);
    else this.set(label, digest);
    return this.indexes.at(label);
  }

  /** @returns true when an earlier run asked for this label */
  isKnown(label: number): boolean {
    return label < this.indexes.length && this.indexes.at(label) !== UNKNOWN;
  }

  /** Replaces what is known of a label: its file has changed. */
  set(label: number, digest: Uint8Array): void {
    this.indexes.set(label, this.digests.length, UNKNOWN);
    this.digests.set(this.digests.length, digest);
  }

  /** The file has changed; its digest is made when it is asked for again. */
  forget(label: number): void {
    this.indexes.set(label, UNKNOWN, UNKNOWN);
  }

  putTo(message: ByteBuilder, index: number): void {
    this.digests.putTo(message, index);
  }
}
