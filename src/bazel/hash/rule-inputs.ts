import type { LabelTable } from './label-table.ts';

const AT = 0x40;
const SLASH = 0x2f;

/** Completes the inputs of rules as the format has it; keeps what it found out about each input. */
export class RuleInputs {
  readonly #labels: LabelTable;
  readonly #fineGrained: readonly Buffer[];
  // Labels of external repositories repeat by the thousand. -1: hashed by itself.
  readonly #externals: Map<number, number> = new Map();

  /** @param fineGrainedRepos as the user wrote them; matched as a plain prefix of the label */
  constructor(labels: LabelTable, fineGrainedRepos: readonly string[]) {
    this.#labels = labels;
    this.#fineGrained = fineGrainedRepos.map((repo) => Buffer.from(repo));
  }

  /**
   * Adds `//external:<repo>` for each input in a repository that is not hashed target by target, then sorts and drops
   * repeated ones.
   * @param inputs label ids, changed in place
   */
  complete(inputs: number[]): void {
    for (let i = 0, count = inputs.length; i < count; i++) {
      const external = this.#externalOf(inputs[i] as number);
      if (external !== -1) inputs.push(external);
    }
    sortUnique(this.#labels, inputs);
  }

  /**
   * The same under cquery, where only the `//external:` labels of the plain inputs count.
   * @param inputs ids of `label` or `label|checksum`, changed in place
   */
  completeConfigured(inputs: number[], plainInputs: readonly number[]): void {
    for (const input of plainInputs) {
      const external = this.#externalOf(input);
      if (external !== -1) inputs.push(external);
      else if (startsWith(this.#labels.bytes(input), EXTERNAL_PACKAGE)) inputs.push(input);
    }
    sortUnique(this.#labels, inputs);
  }

  /** @returns the id of `//external:<repo>`, or -1 */
  #externalOf(input: number): number {
    if (this.#labels.firstByte(input) !== AT) return -1;
    let external = this.#externals.get(input);
    if (external === undefined) {
      external = findExternalLabel(this.#labels, input, this.#fineGrained) ?? -1;
      this.#externals.set(input, external);
    }
    return external;
  }
}

const EXTERNAL_PACKAGE = Buffer.from('//external:');

function findExternalLabel(
  labels: LabelTable,
  input: number,
  fineGrained: readonly Buffer[],
): number | undefined {
  const bytes = labels.bytes(input);
  if (isMainRepo(bytes)) return undefined;
  for (const prefix of fineGrained) if (startsWith(bytes, prefix)) return undefined;
  const parts = bytes.toString('utf8').split('//');
  if (parts.length !== 2 || parts[1] === '') return undefined;
  return labels.internText(`//external:${(parts[0] as string).replace(/^@+/, '')}`);
}

function isMainRepo(bytes: Buffer): boolean {
  const at = bytes[1] === AT ? 2 : 1;
  return bytes[at] === SLASH && bytes[at + 1] === SLASH;
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

function sortUnique(labels: LabelTable, ids: number[]): void {
  let sorted = true;
  for (let i = 1; i < ids.length && sorted; i++)
    sorted = labels.compare(ids[i - 1] as number, ids[i] as number) < 0;
  if (sorted) return;
  ids.sort((a, b) => labels.compare(a, b));
  let kept = 0;
  for (const id of ids) if (kept === 0 || ids[kept - 1] !== id) ids[kept++] = id;
  ids.length = kept;
}
