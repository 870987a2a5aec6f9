import { processesWithWords } from './processes-with-words.ts';

/**
 * Finds programs by a variable that they were started with, whose value nobody else uses, such as a path with a random part.
 * @param setting `NAME=value`
 * @returns process ids (Linux)
 */
export function processesWithVariable(setting: string): Promise<number[]> {
  return processesWithWords('environ', [[setting]]);
}
