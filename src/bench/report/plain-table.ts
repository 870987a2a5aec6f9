import Table from 'cli-table3';

/** A table for a terminal, without colours. */
export function plainTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
