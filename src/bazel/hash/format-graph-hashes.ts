import { ByteBuilder } from '../../core/byte-builder.ts';
import type { TargetType } from '../target-type.ts';
import { hashesFrame } from '../hashes-file.ts';
import type { HashedGraph } from './hash-session.ts';
import { digestsOf, sortedTargets } from './to-hashes-document.ts';
import type { Selection } from './to-hashes-document.ts';

/** @returns the bytes of `formatHashes` of the graph's document, without making the document */
export function formatGraphHashes(
  graph: HashedGraph,
  selection: Selection,
  moduleGraphJson: string | undefined,
): Buffer {
  const { before, indent, after } = hashesFrame(moduleGraphJson);
  const targets = sortedTargets(graph.table, selection);
  const digests = digestsOf(graph);
  const builder = new ByteBuilder(targets.length * BYTES_PER_TARGET + 4096).putText(`${before}{`);
  const next = Buffer.from(`,\n${indent}  `);
  for (const [index, target] of targets.entries()) {
    builder.put(next, index === 0 ? 1 : 0);
    graph.table.labels.putJsonTo(builder, target.label);
    builder.put(COLON);
    if (selection.includeTargetType) builder.put(PREFIXES[target.type]);
    const { overall, direct, rowOf } = digests[target.type];
    const row = rowOf(target.row);
    overall.putHexTo(builder, row);
    builder.putByte(TILDE);
    direct.putHexTo(builder, row);
    builder.putByte(QUOTE);
  }
  return builder.putText(`${targets.length === 0 ? '' : `\n${indent}`}}${after}`).bytes();
}

/** Two digests as hex, and a label of some length; only a first guess. */
const BYTES_PER_TARGET = 220;
const PREFIXES: Readonly<Record<TargetType, Buffer>> = {
  SourceFile: Buffer.from('SourceFile#'),
  GeneratedFile: Buffer.from('GeneratedFile#'),
  Rule: Buffer.from('Rule#'),
  PackageGroup: Buffer.from('PackageGroup#'),
};
const COLON = Buffer.from(': "');
const TILDE = 0x7e;
const QUOTE = 0x22;
