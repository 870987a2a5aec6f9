import type { Emit } from '../core/events.ts';

/** Times the phases of a command, and tells of each when it begins and ends. */
export class Phases {
  readonly #ms = new Map<string, number>();
  readonly #emit: Emit;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  async run<T>(phase: string, message: string, work: () => Promise<T>): Promise<T> {
    this.#emit({ type: 'phase', phase, message });
    try {
      return await this.time(phase, work);
    } finally {
      this.#emit({ type: 'phase-done', phase, ms: this.#ms.get(phase) ?? 0 });
    }
  }

  /** Times a phase without a word: what works in it tells enough. */
  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(phase, performance.now() - start);
    }
  }

  /** Of work that was timed by itself. */
  add(phase: string, ms: number): void {
    this.#ms.set(phase, (this.#ms.get(phase) ?? 0) + Math.round(ms));
  }

  /** Renames the phases of an attempt that failed (`warm-query`), so that they are not taken for those of the answer. */
  markFailed(attempt: 'warm' | 'index', phases: readonly string[]): void {
    for (const phase of phases) {
      const ms = this.#ms.get(phase);
      if (ms === undefined) continue;
      this.#ms.delete(phase);
      this.#ms.set(`${attempt}-${phase}`, ms);
    }
  }

  /** Milliseconds by phase, in the order in which they ran. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#ms);
  }
}
