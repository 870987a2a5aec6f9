/** A seeded source of whole numbers; not for secrets. */
export interface Random {
  /** @returns a whole number from 0 to `bound - 1` */
  below(bound: number): number;
}

/**
 * Mulberry32 over a seed and a stream number, so that each package has numbers of its own, whatever is made before it.
 * Same numbers on every machine: only 32-bit integer arithmetic.
 */
export function random(seed: number, stream: number): Random {
  let state = mix(seed ^ mix(stream + 0x9e37_79b9));
  return {
    below(bound) {
      state = (state + 0x6d2b_79f5) | 0;
      return mix(state) % bound;
    },
  };
}

function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
