export interface ReferenceHash {
  type: 'Rule' | 'SourceFile' | 'GeneratedFile' | 'PackageGroup';
  hash: string;
  direct: string;
}

export interface ReferenceResult {
  hashes: Map<string, ReferenceHash>;
  /** No key for source files. */
  depEdges: Map<string, string[]>;
}
