import { Int32List } from '../../core/columns.ts';
import type { TargetTable } from '../hash/target-table.ts';

/** By label id (of the label without its configuration): the rows of the rules that have it as an input. */
export interface ReverseEdges {
  users: Int32List;
  /** Where the run of each label id ends in `users`. */
  userEnds: Int32List;
}

/** Turns the inputs of rules round, by counting sort. */
export function reverseEdges(table: TargetTable): ReverseEdges {
  const { labels, ruleLabels } = table;
  const bases = new Int32Array(labels.size).fill(-1);
  const baseOf = (input: number): number => {
    const known = bases[input];
    if (known !== undefined && known !== -1) return known;
    const base = baseLabel(table, input);
    if (input < bases.length) bases[input] = base;
    return base;
  };
  // First, so that the number of labels is final.
  for (let row = 0; row < ruleLabels.length; row++) for (const input of table.inputsOf(row)) baseOf(input);
  const userEnds = new Int32Array(labels.size + 1);
  for (let row = 0; row < ruleLabels.length; row++)
    for (const input of table.inputsOf(row)) {
      const base = baseOf(input);
      userEnds[base] = (userEnds[base] as number) + 1;
    }
  let total = 0;
  for (let label = 0; label < userEnds.length; label++) {
    total += userEnds[label] as number;
    userEnds[label] = total;
  }
  const users = new Int32Array(total);
  const next = userEnds.slice();
  for (let row = ruleLabels.length - 1; row >= 0; row--)
    for (const input of table.inputsOf(row)) {
      const base = baseOf(input);
      next[base] = (next[base] as number) - 1;
      users[next[base]] = row;
    }
  return { users: listOf(users), userEnds: listOf(userEnds) };
}

function listOf({ buffer, byteOffset, byteLength }: Int32Array): Int32List {
  return new Int32List(new Uint8Array(buffer, byteOffset, byteLength));
}

/** @returns the rows of the rules that used a label when the edges were made; some of them may be dead */
export function usersOf({ users, userEnds }: ReverseEdges, label: number): Int32Array {
  const end = label < userEnds.length ? userEnds.at(label) : 0;
  const start = label === 0 || label >= userEnds.length ? 0 : userEnds.at(label - 1);
  return users.slice(start, end);
}

const PIPE = 0x7c;

function baseLabel({ labels }: TargetTable, input: number): number {
  const bytes = labels.bytes(input);
  const pipe = bytes.indexOf(PIPE);
  return pipe === -1 ? input : labels.intern(Buffer.from(bytes.subarray(0, pipe)), 0, pipe);
}
