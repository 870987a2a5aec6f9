import { processesWithWord } from './processes-with-word.ts';

/**
 * Finds programs by a word of their command line that nobody else uses, such as a path with a random part: unlike a pid
 * in a file, it is there from the program's first moment and never names another one.
 * @returns process ids (Linux)
 */
export function processesWithArgument(argument: string): Promise<number[]> {
  return processesWithWord('cmdline', argument);
}
