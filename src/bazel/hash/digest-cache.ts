import type { Stats } from 'node:fs';
import { DIGEST_BYTES, DigestList, Float64List } from '../../core/columns.ts';
import { packSections, unpackSections } from '../../core/section-file.ts';
import type { SectionFormat } from '../../core/section-file.ts';
import { readIfPresent } from '../../platform/read-if-present.ts';
import { writeOutput } from '../../platform/write-output.ts';
import { LabelTable } from './label-table.ts';

const FORMAT: SectionFormat = { magic: 'DEWARDIG', version: 2 };
/** Numbers that tell one content of a file from another, as Bazel and git do: size, inode, mtime, ctime. */
const SIGNATURE = 4;
/**
 * A file that changed so recently may change again without a new ctime: the clocks of file systems tick in
 * milliseconds, some in seconds.
 */
const RACY_MS = 2_500;

/**
 * Digests of source files (D of the format) from an earlier run, each good while its file's size, inode and times are the
 * same: what has not changed is not read again.
 */
export class DigestCache {
  readonly #labels: LabelTable;
  readonly #signatures: Float64List;
  /** S of the format, which is part of D. */
  readonly #suffixes: DigestList;
  readonly #digests: DigestList;

  /** Files that changed after this, or shortly before, are racy. */
  readonly #opened: number = Date.now();

  private constructor(saved?: ReadonlyMap<string, Uint8Array>) {
    this.#labels = new LabelTable(saved);
    this.#signatures = new Float64List(saved?.get('signatures'));
    this.#suffixes = new DigestList(saved?.get('suffixes'));
    this.#digests = new DigestList(saved?.get('digests'));
  }

  /** An empty cache where there is none, or none that can be used. */
  static async open(path: string): Promise<DigestCache> {
    const file = await readIfPresent(path).catch(() => undefined);
    const sections = file === undefined ? undefined : unpackSections(FORMAT, file);
    return new DigestCache(typeof sections === 'string' ? undefined : sections);
  }

  /**
   * Copies the digest of a label to `target`, if it is known for this very file.
   * @param suffixes has S of the label at `row`
   */
  copyTo(target: DigestList, row: number, label: Uint8Array, suffixes: DigestList, stats: Stats): boolean {
    const id = this.#labels.find(label, 0, label.length);
    if (id === -1) return false;
    const at = id * SIGNATURE;
    const same =
      this.#signatures.at(at) === stats.size &&
      this.#signatures.at(at + 1) === stats.ino &&
      this.#signatures.at(at + 2) === stats.mtimeMs &&
      this.#signatures.at(at + 3) === stats.ctimeMs &&
      this.#suffixes.equals(id, suffixes, row);
    if (same) target.set(row, this.#digests.toBytes(), id * DIGEST_BYTES);
    return same;
  }

  /** Keeps a digest that was made after `stats` were read. */
  add(label: Uint8Array, stats: Stats, row: number, suffixes: DigestList, digests: DigestList): void {
    // A time in the future is as racy as one just past.
    const racy = this.#opened - Math.max(stats.ctimeMs, stats.mtimeMs) < RACY_MS;
    const id = this.#labels.intern(label, 0, label.length);
    const at = id * SIGNATURE;
    this.#signatures.set(at, racy ? Number.NaN : stats.size);
    this.#signatures.set(at + 1, stats.ino);
    this.#signatures.set(at + 2, stats.mtimeMs);
    this.#signatures.set(at + 3, stats.ctimeMs);
    this.#suffixes.set(id, suffixes.at(row));
    this.#digests.set(id, digests.at(row));
  }

  /** @throws DewarError OUTPUT_NOT_WRITABLE */
  async save(path: string): Promise<void> {
    const sections = new Map<string, Uint8Array>([
      ...this.#labels.toSections(),
      ['signatures', this.#signatures.toBytes()],
      ['suffixes', this.#suffixes.toBytes()],
      ['digests', this.#digests.toBytes()],
    ]);
    await writeOutput(path, Buffer.concat(packSections(FORMAT, sections)));
  }
}
