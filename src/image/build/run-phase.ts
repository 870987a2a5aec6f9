import type { Emit } from '../../core/events.ts';

/** Tells of a part of the work when it begins and when it has ended. */
export async function runPhase<T>(
  emit: Emit,
  phase: string,
  message: string,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  emit({ type: 'phase', phase, message });
  try {
    return await work();
  } finally {
    emit({ type: 'phase-done', phase, ms: Math.round(performance.now() - start) });
  }
}
