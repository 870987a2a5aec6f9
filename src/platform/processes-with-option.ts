import { processesWithWords } from './processes-with-words.ts';

/**
 * Finds programs by an option of their command line whose value nobody else uses, such as a path with a random part: unlike
 * a pid in a file, it is there from the program's first moment and never names another one. The option's name is part of
 * it: whoever reads the same file is not meant.
 * @param options name and value, two words; each option names the same programs
 * @returns process ids (Linux)
 */
export function processesWithOption(options: readonly (readonly [string, string])[]): Promise<number[]> {
  return processesWithWords('cmdline', options);
}
