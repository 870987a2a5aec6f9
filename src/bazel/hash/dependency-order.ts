import { DewarError } from '../../core/errors.ts';
import type { TargetTable } from './target-table.ts';

/** An input that stands for no other rule. */
export const NO_RULE = -1;

/**
 * Rows of the rules, inputs before those that use them; iterative, for chains of any length.
 * @param ruleOf gives the row of the rule that an input of a rule stands for, or NO_RULE
 * @param only by rule row: 1 for the rules to give; all when absent
 * @throws DewarError DEPENDENCY_CYCLE
 */
export function dependencyOrder(
  table: TargetTable,
  ruleOf: (input: number, self: number) => number,
  only?: Uint8Array,
): Int32Array {
  const count = table.ruleLabels.length;
  const order = new Int32Array(count);
  let done = 0;
  // 0 not seen, 1 on the stack, 2 done
  const states = only === undefined ? new Uint8Array(count) : only.map((wanted) => (wanted === 1 ? 0 : 2));
  const stack: number[] = [];
  const cursors = new Int32Array(count);
  for (let root = 0; root < count; root++) {
    if (states[root] !== 0) continue;
    stack.push(root);
    states[root] = 1;
    while (stack.length > 0) {
      const row = stack.at(-1) as number;
      const inputs = table.inputsOf(row);
      let next = NO_RULE;
      while ((cursors[row] as number) < inputs.length && next === NO_RULE) {
        const dependency = ruleOf(inputs[cursors[row] as number] as number, row);
        cursors[row] = (cursors[row] as number) + 1;
        if (dependency === NO_RULE || states[dependency] === 2) continue;
        if (states[dependency] === 1) throw cycle(table, stack, dependency);
        next = dependency;
      }
      if (next === NO_RULE) {
        order[done++] = row;
        states[row] = 2;
        stack.pop();
      } else {
        states[next] = 1;
        stack.push(next);
      }
    }
  }
  return order.subarray(0, done);
}

function cycle(table: TargetTable, stack: readonly number[], back: number): DewarError {
  const rows = [...stack.slice(stack.indexOf(back)), back];
  const names = rows.map((row) => table.labels.text(table.ruleLabels.at(row)));
  const shown = names.length > 12 ? [...names.slice(0, 10), '…', names.at(-1) ?? ''] : names;
  return new DewarError({
    code: 'DEPENDENCY_CYCLE',
    message: `the rules depend on each other in a cycle: ${shown.join(' -> ')}`,
    mend: 'break the cycle; `bazel build --nobuild` on one of these targets shows the attributes that make it',
  });
}
