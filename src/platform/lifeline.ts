import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** A pipe on which nobody writes: whoever reads from one end sees its end when all who hold the other one have ended. */
export interface Lifeline {
  /** For programs whose life is watched. */
  held: FileHandle;
  /** For whoever watches. */
  watched: FileHandle;
}

/**
 * @param directory of this user alone; nothing is left in it
 * @throws DewarError COMMAND_FAILED; errors of the file system
 */
export async function openLifeline(directory: string): Promise<Lifeline> {
  const path = join(directory, `lifeline-${randomBytes(6).toString('hex')}`);
  await runCommand('mkfifo', ['-m', '600', '--', path]);
  // For reading, too: else it would wait for a reader.
  const held = await open(path, 'r+');
  try {
    return { held, watched: await open(path, 'r') };
  } catch (error) {
    await held.close();
    throw error;
  } finally {
    await rm(path, { force: true });
  }
}
