/** Random choices that one seed decides. */
export interface Random {
  /** An integer from 0 to `below` - 1. */
  number(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  /** One of the items, which must not be none. */
  pick<T>(items: readonly T[]): T;
}

/** The generator mulberry32: small, and good enough to spread choices. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const number = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
  return {
    number,
    once: (times) => number(times) === 0,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('there is nothing to pick from');
      return items[number(items.length)] as T;
    },
  };
}
