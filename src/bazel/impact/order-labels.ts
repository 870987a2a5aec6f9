import { compareText } from '../../core/compare-text.ts';
import { TARGET_TYPES } from '../target-type.ts';
import type { TargetType } from '../target-type.ts';

/** @returns the labels by kind (source files, generated files, rules, others, unknown), then by text */
export function orderLabels(targets: readonly { label: string; type: string | undefined }[]): string[] {
  return targets
    .map(({ label, type }) => ({ label, place: placeOf(type) }))
    .toSorted((a, b) => a.place - b.place || compareText(a.label, b.label))
    .map(({ label }) => label);
}

function placeOf(type: string | undefined): number {
  if (type === undefined) return TARGET_TYPES.length + 1;
  const place = TARGET_TYPES.indexOf(type as TargetType);
  return place === -1 ? TARGET_TYPES.length : place;
}
