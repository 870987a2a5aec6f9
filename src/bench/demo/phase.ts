import type { BenchContext } from '../bench-context.ts';

/** Does one step, and tells of its beginning and its end. */
export async function phase<T>(
  { emit }: Pick<BenchContext, 'emit'>,
  name: string,
  message: string,
  work: () => Promise<T>,
): Promise<T> {
  emit({ type: 'phase', phase: name, message });
  const started = performance.now();
  const result = await work();
  emit({ type: 'phase-done', phase: name, ms: performance.now() - started });
  return result;
}
