export interface Row {
  term: string;
  text: string;
}

const INDENT = '  ';
const WIDEST_TERM = 36;

/** @returns the rows as two columns; a term too wide for its column stands on a line of its own */
export function columns(rows: readonly Row[], width: number): string {
  const widest = Math.max(
    0,
    ...rows.map(({ term }) => term.length).filter((length) => length <= WIDEST_TERM),
  );
  const left = INDENT.length + widest + 2;
  return rows
    .flatMap(({ term, text }) => {
      const lines = wrap(text, Math.max(20, width - left)).map((line) => ' '.repeat(left) + line);
      if (term.length > widest) return [INDENT + term, ...lines];
      const first = (INDENT + term).padEnd(left) + (lines[0] ?? '').trimStart();
      return [first.trimEnd(), ...lines.slice(1)];
    })
    .join('\n');
}

/** @returns lines of at most `width` characters, except where one word is longer */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/u)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** @returns the paragraphs, each wrapped, with an empty line between two; an indented line keeps its breaks */
export function paragraphs(text: string, width: number): string {
  return text
    .trim()
    .split(/\n\s*\n/u)
    .map((paragraph) => (/^ {2}/mu.test(paragraph) ? paragraph : wrap(paragraph, width).join('\n')))
    .join('\n\n');
}
