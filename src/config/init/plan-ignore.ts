const PATTERN = '.dewar/';
const SAME = new Set(['.dewar', '.dewar/', '/.dewar', '/.dewar/']);

/**
 * @param text of a `.gitignore`; undefined when there is none
 * @returns the text with a line for `.dewar/`, ended as its other lines are; undefined when it has one
 */
export function planIgnore(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return `${PATTERN}\n`;
  if (text.split(/\r?\n/).some((line) => SAME.has(line.trimEnd()))) return undefined;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text}${text.endsWith('\n') ? '' : newline}${PATTERN}${newline}`;
}
