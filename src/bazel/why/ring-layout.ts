import type { ImpactGraph } from './impact-graph.ts';

/** Where everything is on the page, in units of about a pixel around the centre. */
export interface RingLayout {
  /** By target. */
  places: readonly { x: number; y: number }[];
  rings: readonly { distance: number; targets: number; inner: number; outer: number }[];
  /** The targets of one package in one ring, as one bubble. */
  bubbles: readonly Bubble[];
  /** Of the outermost ring. */
  radius: number;
}

export interface Bubble {
  /** Index into the graph's packages. */
  package: number;
  distance: number;
  targets: number;
  x: number;
  y: number;
  radius: number;
}

/** From one target to the next, along the ring and across it. */
const STEP = 14;
const BETWEEN_RINGS = 46;
/** Each ring begins a little further round, so that a chain is no straight line through other targets; in radians. */
const TURN = 0.3;
/** A ring of many targets is about this many times as long as it is thick. */
const LENGTH = 24;

/**
 * Puts targets on rings by distance, those of one package side by side. Each ring is as wide as its targets need, so
 * that no two of them overlap.
 */
export function ringLayout({ targets, packages }: Pick<ImpactGraph, 'targets' | 'packages'>): RingLayout {
  const numbers = new Map(packages.map(({ name }, index) => [name, index]));
  const byRing = new Map<number, Map<number, number[]>>();
  for (const [index, target] of targets.entries()) {
    const ring = byRing.get(target.distance) ?? new Map<number, number[]>();
    const number = numbers.get(target.package) ?? 0;
    ring.set(number, [...(ring.get(number) ?? []), index]);
    byRing.set(target.distance, ring);
  }
  const places = targets.map(() => ({ x: 0, y: 0 }));
  const rings: RingLayout['rings'][number][] = [];
  const bubbles: Bubble[] = [];
  let radius = 0;
  for (const [distance, members] of [...byRing].toSorted(([a], [b]) => a - b)) {
    const count = [...members.values()].reduce((sum, { length }) => sum + length, 0);
    const only = distance === 0 && count === 1;
    const rows = Math.max(1, Math.ceil(Math.sqrt(count / LENGTH)));
    // One empty column between packages.
    const columns = [...members.values()].reduce((sum, { length }) => sum + Math.ceil(length / rows) + 1, 0);
    const inner = only ? 0 : Math.max(radius + BETWEEN_RINGS, (columns * STEP) / (2 * Math.PI));
    const at = (column: number, row: number): { x: number; y: number } => {
      const angle = (column / columns) * 2 * Math.PI - Math.PI / 2 + distance * TURN;
      const from = inner + row * STEP;
      return { x: round(from * Math.cos(angle)), y: round(from * Math.sin(angle)) };
    };
    let column = 0;
    for (const [number, indexes] of [...members].toSorted(([a], [b]) => a - b)) {
      const wide = Math.ceil(indexes.length / rows);
      for (const [place, index] of indexes.entries())
        places[index] = at(column + Math.floor(place / rows), place % rows);
      const middle = at(column + (wide - 1) / 2, (Math.min(rows, indexes.length) - 1) / 2);
      const size = Math.min(STEP * 3, STEP * (0.4 + Math.sqrt(indexes.length) / 3));
      bubbles.push({ package: number, distance, targets: indexes.length, ...middle, radius: round(size) });
      column += wide + 1;
    }
    const outer = inner + (rows - 1) * STEP;
    rings.push({ distance, targets: count, inner: round(inner), outer: round(outer) });
    radius = outer;
  }
  return { places, rings, bubbles, radius: round(radius) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
