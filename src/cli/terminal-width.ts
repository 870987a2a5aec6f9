/** @returns the width in characters; undefined when it is no terminal, or one that does not know */
export function terminalWidth({ columns }: { columns?: number }): number | undefined {
  return columns === undefined || columns < 1 ? undefined : columns;
}
