import { DewarError } from '../../core/errors.ts';
import type { BazelClient } from './bazel-client.ts';

/**
 * Runs work that only refines an answer: two hashes files can be compared where there is no Bazel.
 * @returns undefined, after a warning, when there is none
 */
export async function unlessNoBazel<T>(client: BazelClient, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DewarError) || error.code !== 'BAZEL_NOT_FOUND') throw error;
    client.options.emit({ type: 'warning', code: 'BAZEL_NOT_FOUND', message: error.message });
    return undefined;
  }
}
