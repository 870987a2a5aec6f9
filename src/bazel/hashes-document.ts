/** What a hashes file holds: value by label, sorted by label; a value is `[Type#]hash~directHash`. */
export interface HashesDocument {
  hashes: ReadonlyMap<string, string>;
  /** Output of `bazel mod graph --output=json`, when bzlmod is on. */
  moduleGraphJson?: string | undefined;
}

/** `{label: [label…]}`: the rule inputs of rules and the rule of generated files. */
export type DependencyEdges = ReadonlyMap<string, readonly string[]>;

export interface HashValue {
  /** Undefined in files without types. */
  type: string | undefined;
  hash: string;
  directHash: string;
}

/** @returns undefined for text that is no value of a hashes file */
export function parseHashValue(text: string): HashValue | undefined {
  const number = text.indexOf('#');
  const rest = number === -1 ? text : text.slice(number + 1);
  const tilde = rest.indexOf('~');
  if (tilde === -1) return undefined;
  return {
    type: number === -1 ? undefined : text.slice(0, number),
    hash: rest.slice(0, tilde),
    directHash: rest.slice(tilde + 1),
  };
}
