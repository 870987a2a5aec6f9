import { runCommand } from './run-command.ts';

/**
 * Gives the room of a file's zeros back, where the system and its file system can do that; its content stays as it is.
 * @throws DewarError INTERRUPTED
 */
export async function digHoles(path: string, signal?: AbortSignal): Promise<void> {
  try {
    await runCommand('fallocate', ['--dig-holes', path], { signal });
  } catch (error) {
    // It is only for the room.
    if (signal?.aborted === true) throw error;
  }
}
