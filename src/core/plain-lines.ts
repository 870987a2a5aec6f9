import { stripVTControlCharacters } from 'node:util';

/**
 * What others have written (a guest, above all) as lines that are text and nothing more: it must not move a terminal's cursor,
 * set its title, or hide what it says.
 * @param text whole lines; the last may lack its end
 */
export function plainLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => stripVTControlCharacters(line).replaceAll(NOT_TEXT, '').trimEnd());
}

/** Controls, marks of the writing direction, and what no font has. */
const NOT_TEXT = /[^\P{C}\t]/gu;
