import { ByteBuilder } from '../../core/byte-builder.ts';
import { hashesFrame } from '../hashes-file.ts';
import type { HashedGraph } from './hash-session.ts';
import { sortedTargets } from './to-hashes-document.ts';
import type { NamedTarget, Selection } from './to-hashes-document.ts';

/** @returns the bytes of `formatHashes` of the graph's document, without making the document */
export function formatGraphHashes(
  graph: HashedGraph,
  selection: Selection,
  moduleGraphJson: string | undefined,
): Buffer {
  const { before, indent, after } = hashesFrame(moduleGraphJson);
  const builder = new ByteBuilder().putText(`${before}{`);
  const next = Buffer.from(`,\n${indent}  `);
  const targets = sortedTargets(graph.table, selection);
  for (const [index, target] of targets.entries()) {
    builder
      .put(next, index === 0 ? 1 : 0)
      .putText(JSON.stringify(target.name))
      .put(COLON);
    if (selection.includeTargetType) builder.putText(`${target.type}#`);
    putDigests(builder, graph, target);
  }
  return builder.putText(`${targets.length === 0 ? '' : `\n${indent}`}}${after}`).bytes();
}

const COLON = Buffer.from(': "');
const TILDE = 0x7e;
const QUOTE = 0x22;

function putDigests(builder: ByteBuilder, graph: HashedGraph, { type, row }: NamedTarget): void {
  const rule = type === 'GeneratedFile' ? (graph.generatingRows[row] as number) : row;
  const [overall, direct] =
    type === 'SourceFile' ? [graph.sourceDirect, graph.sourceDirect] : [graph.ruleOverall, graph.ruleDirect];
  builder.putHex(overall.at(rule)).putByte(TILDE).putHex(direct.at(rule)).putByte(QUOTE);
}
