import { open } from 'node:fs/promises';
import { plainLines } from '../../core/plain-lines.ts';
import { isAbsent } from '../../platform/errno.ts';

const MOST_BYTES = 4 << 20;

/**
 * @param path absolute
 * @param most so many lines, of its end
 * @returns what is text in them, as it is safe to show; none where the file has gone
 */
export async function readLog(path: string, most: number): Promise<string[]> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const length = Math.min(size, MOST_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return most === 0 ? [] : plainLines(buffer.toString('utf8', 0, bytesRead)).slice(-most);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
