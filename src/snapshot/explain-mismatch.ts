import type { Fingerprint } from './engine.ts';

/** @returns which components of a fingerprint differ, in words: `bazelrc changed; bazel-version changed (7.7.1 -> 8.0.0)` */
export function explainMismatch(recorded: Fingerprint, now: Fingerprint): string {
  const before = new Map(recorded.components.map((component) => [component.name, component]));
  const after = new Map(now.components.map((component) => [component.name, component]));
  const names = [...new Set([...after.keys(), ...before.keys()])];
  return names
    .flatMap((name) => {
      const [old, fresh] = [before.get(name), after.get(name)];
      if (old?.digest === fresh?.digest) return [];
      if (old === undefined) return [`${name} is new`];
      if (fresh === undefined) return [`${name} is gone`];
      const values = old.summary === fresh.summary ? '' : ` (${old.summary} -> ${fresh.summary})`;
      return [`${name} changed${values}`];
    })
    .join('; ');
}
