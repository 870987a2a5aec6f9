import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText } from '../../core/compare-text.ts';
import { LabelTable } from './label-table.ts';

const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('a', 'é', '\ue000', '\uffff', '\u{1f600}', '\u{10ffff}'), { maxLength: 4 })
    .map((c) => c.join('')),
);

describe('LabelTable', () => {
  it('gives one id to equal bytes and keeps the text', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), (names) => {
        const table = new LabelTable();
        const ids = names.map((text) => table.internText(text));
        expect(ids.map((id) => table.text(id))).toEqual(names);
        expect(table.size).toBe(new Set(names).size);
        expect(names.map((text) => table.internText(text))).toEqual(ids);
        for (const text of names) {
          const bytes = Buffer.from(text);
          expect(table.find(bytes, 0, bytes.length)).toBe(table.internText(text));
        }
      }),
    );
  });

  it('orders as UTF-16 does, also where UTF-8 does not', () => {
    const table = new LabelTable();
    expect(table.compare(table.internText('\u{1f600}'), table.internText('\uffff'))).toBeLessThan(0);
    fc.assert(
      fc.property(name, name, (a, b) => {
        const sign = table.compare(table.internText(a), table.internText(b));
        expect(Math.sign(sign)).toBe(compareText(a, b));
      }),
    );
  });

  it('grows past its first arena and slots', () => {
    const table = new LabelTable();
    const names = Array.from(
      { length: 70_000 },
      (_, i) => `//some/package/of/the/tree${i % 977}:target_${i}`,
    );
    const ids = names.map((text) => table.internText(text));
    expect(new Set(ids).size).toBe(names.length);
    expect(table.text(ids[69_999] ?? -1)).toBe(names[69_999]);
    expect(table.internText(names[5] ?? '')).toBe(ids[5]);
  });

  it('does not find what was never interned', () => {
    const table = new LabelTable();
    table.internText('//a');
    expect(table.find(Buffer.from('//b'), 0, 3)).toBe(-1);
  });
});
