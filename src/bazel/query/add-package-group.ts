import { hash } from 'node:crypto';
import { compareText } from '../../core/compare-text.ts';
import type { TargetTable } from '../hash/target-table.ts';
import { PACKAGE_GROUP } from './field-numbers.ts';
import { WIRE, WireReader, badQueryOutput } from './wire.ts';

/**
 * Decodes a `blaze_query.PackageGroup` into a table. Its digest is sha256 over the name, each contained package and
 * each included group, every one with a letter before it and a NUL behind it. Order and repetition do not count: Bazel
 * takes both lists as sets, and versions of it print them in different orders.
 * @throws DewarError BAD_QUERY_OUTPUT
 */
export function addPackageGroup(table: TargetTable, buffer: Uint8Array, start: number, end: number): void {
  const { labels, groups } = table;
  const reader = new WireReader().reset(buffer, start, end);
  let label: number | undefined;
  const packages = new Set<string>();
  const includes = new Set<number>();
  while (reader.position < end) {
    const tag = reader.varint();
    if ((tag & 7) !== WIRE.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const from = reader.bytes();
    const to = reader.position;
    if (tag >> 3 === PACKAGE_GROUP.name && to > from) label = labels.intern(buffer, from, to);
    else if (tag >> 3 === PACKAGE_GROUP.containedPackage)
      packages.add(Buffer.from(buffer.subarray(from, to)).toString('utf8'));
    else if (tag >> 3 === PACKAGE_GROUP.includedPackageGroup) includes.add(labels.intern(buffer, from, to));
  }
  if (label === undefined) throw badQueryOutput('a package group has no name');
  const included = [...includes].toSorted((a, b) => labels.compare(a, b));
  const message = [
    `n${labels.text(label)}`,
    ...[...packages].toSorted(compareText).map((name) => `p${name}`),
    ...included.map((id) => `i${labels.text(id)}`),
  ];
  const digest = hash('sha256', message.map((part) => `${part}\0`).join(''), 'buffer');
  if (!groups.add(label, digest, included)) table.repeated++;
}
