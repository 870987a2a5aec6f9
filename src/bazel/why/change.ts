/** A value of an attribute as Bazel's proto has it; maps as sorted lists of their entries. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly (string | number)[]
  | Readonly<Record<string, string | readonly string[]>>;

/** What happened to a file of the main repository between two commits. */
export type FileEvent =
  | 'content'
  | 'mode'
  | 'added'
  | 'removed'
  /** A plain file became a link or a submodule, or the other way round. */
  | 'type'
  /** Something else that the file is made of, such as what a link points to. */
  | 'other';

/** One thing that makes a target's own digest another one. JSON of `dewar bazel why` has these objects. */
export type Change =
  | { kind: 'target-added' | 'target-removed'; type: string }
  | { kind: 'package-added' | 'package-removed'; package: string }
  /** The label stands for another type of target; `generatedBy` when it is a generated file now. */
  | { kind: 'target-type'; before: string; after: string; generatedBy?: string }
  | { kind: 'generating-rule'; before: string; after: string }
  | { kind: 'rule-class'; before: string; after: string }
  | AttributeChange
  /** The Starlark code that implements the rule; `files`: those of it (or loaded beside it) that changed. */
  | { kind: 'implementation'; definedIn: string | null; files: readonly string[] }
  /** The rule is another one, and nobody could say in which attribute. */
  | { kind: 'definition'; why: string }
  /** A file on the stack of macros that made the rule, or (Bazel 4) loaded by its package. */
  | { kind: 'bzl'; file: string; event: FileEvent | 'newly-used' | 'no-longer-used' }
  | { kind: 'file'; label: string; file: string; event: FileEvent }
  | { kind: 'input-added' | 'input-removed'; label: string; type: string | null }
  /** The label is a target of another type; null: no target. */
  | { kind: 'input-type'; label: string; before: string | null; after: string | null; generatedBy?: string }
  /** A BUILD file loads other .bzl files, directly or not; neither `added` nor `removed`: in another order. */
  | { kind: 'loads'; label: string; added: readonly string[]; removed: readonly string[] }
  | { kind: 'package-group'; label: string }
  /** The rule has a tag that makes it impacted by every commit. */
  | { kind: 'always-affected' }
  | { kind: 'module'; modules: readonly ModuleChange[] }
  | { kind: 'unknown' };

export interface AttributeChange {
  kind: 'attribute';
  name: string;
  before: AttributeValue;
  after: AttributeValue;
  /** Of lists: what only one of the two has. */
  added?: readonly (string | number)[];
  removed?: readonly (string | number)[];
  /** When only this is another: whether the BUILD file sets the attribute. */
  explicit?: { before: boolean; after: boolean };
}

/** A version is null where the module graph has no such module. */
export interface ModuleChange {
  name: string;
  before: string | null;
  after: string | null;
}
