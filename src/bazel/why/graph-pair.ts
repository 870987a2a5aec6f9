import { GraphView, sameDigest } from './graph-view.ts';
import type { HashedGraph } from '../hash/hash-session.ts';

/** The graphs of two commits of one workspace. */
export class GraphPair {
  readonly before: GraphView;
  readonly after: GraphView;

  constructor(before: HashedGraph, after: HashedGraph) {
    this.before = new GraphView(before);
    this.after = new GraphView(after);
  }

  /** @returns true when the hashes of the label differ, or only the second graph has it: what impacted means */
  differs(label: string): boolean {
    const [before, after] = [this.before.digests(label), this.after.digests(label)];
    if (after === undefined) return false;
    if (before === undefined || this.before.type(label) !== this.after.type(label)) return true;
    return !sameDigest(before.overall, after.overall) || !sameDigest(before.direct, after.direct);
  }

  /**
   * @returns true for an impacted label that changed itself, not only through its dependencies: the targets at
   *   distance 0
   */
  isRoot(label: string): boolean {
    const [before, after] = [this.before.digests(label), this.after.digests(label)];
    if (before === undefined || after === undefined) return true;
    if (this.before.type(label) !== this.after.type(label)) return true;
    if (!sameDigest(before.direct, after.direct)) return true;
    if (this.before.generatingRule(label) !== this.after.generatingRule(label)) return true;
    return this.inputsOfOtherTypes(label).length > 0;
  }

  /** @returns the inputs that both graphs know, and that stand for a rule in one of them and for no target in the other */
  inputsOfOtherTypes(rule: string): string[] {
    const before = new Set(this.before.inputs(rule));
    return this.after
      .inputs(rule)
      .filter(
        (input) =>
          before.has(input) &&
          this.before.standsForRule(input, rule) !== this.after.standsForRule(input, rule),
      );
  }
}
