import { processesWithWord } from './processes-with-word.ts';

/**
 * Finds programs by a word of their command line that nobody else uses, such as a path with a random part: unlike a pid
 * in a file, it is there from the program's first moment and never names another one.
 * @param words each of which names the same programs
 * @returns process ids (Linux)
 */
export function processesWithArgument(words: readonly string[]): Promise<number[]> {
  return processesWithWord('cmdline', words);
}
