import { join } from 'node:path';
import { copyToOutput } from '../platform/write-output.ts';
import type { AnswerFiles } from './engine.ts';

/** Where the caller wants an answer. */
export interface AnswerPlaces {
  out: string;
  /** For the hashes of the target commit. */
  hashesOut?: string | undefined;
}

/**
 * Has an answer made in a scratch directory, and hands it over once it is whole.
 * @returns the number of impacted targets
 * @throws DewarError OUTPUT_NOT_WRITABLE, and those of `make`
 */
export async function writeAnswer(
  scratch: string,
  { out, hashesOut }: AnswerPlaces,
  signal: AbortSignal,
  make: (files: AnswerFiles) => Promise<{ impacted: number }>,
): Promise<number> {
  const impactedFile = join(scratch, 'impacted');
  const hashes = hashesOut === undefined ? undefined : join(scratch, 'hashes.json');
  const { impacted } = await make({ impacted: impactedFile, hashes });
  signal.throwIfAborted();
  await handOver({ impacted: impactedFile, hashes }, { out, hashesOut });
  return impacted;
}

/** @throws DewarError OUTPUT_NOT_WRITABLE */
export async function handOver(
  { impacted, hashes }: AnswerFiles,
  { out, hashesOut }: AnswerPlaces,
): Promise<void> {
  if (hashes !== undefined && hashesOut !== undefined) await copyToOutput(hashes, hashesOut);
  await copyToOutput(impacted, out);
}
