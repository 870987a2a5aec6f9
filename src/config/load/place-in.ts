import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, LineCounter, Node } from 'yaml';
import type { Path } from '../schema/describe-issues.ts';

/** @returns `line:column` of a value, or of the nearest thing around it that is there */
export function placeIn(document: Document, lines: LineCounter, path: Path): string {
  let at: Node | null = document.contents;
  let offset = at?.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(at)) at = at.resolve(document) ?? null;
    if (isMap(at)) {
      const pair = at.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      at = pair.value as Node | null;
    } else if (isSeq(at)) {
      at = (at.items[Number(part)] ?? null) as Node | null;
      offset = at?.range?.[0] ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}
