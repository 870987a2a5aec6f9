import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DewarError } from '../../core/errors.ts';
import { FrameSplitter } from './frame-splitter.ts';

const TAG = (1 << 3) | 2;

describe('FrameSplitter', () => {
  it('gives the same frames however the stream is cut', () => {
    const body = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 12 }),
        fc.array(fc.nat(2000)),
        fc.boolean(),
        (bodies, cuts, tagged) => {
          const stream = Buffer.concat(bodies.map((bytes) => frame(bytes, tagged)));
          expect(split(pieces(stream, cuts), tagged ? TAG : undefined)).toEqual(
            bodies.map((bytes) => [...bytes]),
          );
        },
      ),
    );
  });

  it('passes over other fields of a whole message', () => {
    const other = Buffer.from([(2 << 3) | 2, 3, 9, 9, 9]);
    const stream = Buffer.concat([other, frame(Uint8Array.of(7), true), other]);
    expect(split([stream], TAG)).toEqual([[7]]);
  });

  it.each([
    ['a cut frame', [5, 1, 2]],
    ['a cut length', [0x80]],
    ['a length of six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['a frame of more than 1 GiB', [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('refuses %s', (_, bytes) => {
    expect(() => split([Buffer.from(bytes)])).toThrow(DewarError);
  });

  it('copies what it keeps: a reader may use its buffer again', () => {
    const stream = frame(
      Uint8Array.from({ length: 100 }, (_, i) => i),
      false,
    );
    const seen: number[][] = [];
    const splitter = new FrameSplitter((buffer, start, end) => seen.push([...buffer.subarray(start, end)]));
    const shared = Buffer.alloc(7);
    for (let at = 0; at < stream.length; at += 7) {
      const size = stream.copy(shared, 0, at, at + 7);
      splitter.push(shared.subarray(0, size));
    }
    splitter.end();
    expect(seen).toEqual([Array.from({ length: 100 }, (_, i) => i)]);
  });
});

function split(chunks: readonly Buffer[], tag?: number): number[][] {
  const frames: number[][] = [];
  const splitter = new FrameSplitter(
    (buffer, start, end) => frames.push([...buffer.subarray(start, end)]),
    tag,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return frames;
}

function frame(body: Uint8Array, tagged: boolean): Buffer {
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Uint8Array.from(tagged ? [TAG, ...length] : length), body]);
}

function pieces(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
  return ends.map((end, i) => stream.subarray(i === 0 ? 0 : ends[i - 1], end));
}
