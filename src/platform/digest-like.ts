import { digestBlocks } from './digest-blocks.ts';
import { digestFile } from './durable-files.ts';
import type { FileDigest } from './durable-files.ts';

/**
 * Digests a file as another digest was made, for comparing the two.
 * @throws DewarError NOT_A_REGULAR_FILE; errors of the file system
 */
export function digestLike(path: string, { blocks }: Pick<FileDigest, 'blocks'>): Promise<FileDigest> {
  return blocks === undefined ? digestFile(path) : digestBlocks(path);
}
