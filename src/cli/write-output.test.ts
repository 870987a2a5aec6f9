import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ignoreStreamErrors, writeOutput } from './write-output.ts';

function failing(code: string): Writable {
  const stream = new Writable({
    write: (_chunk, _encoding, callback) => callback(Object.assign(new Error(code), { code })),
  });
  ignoreStreamErrors(stream);
  return stream;
}

test('hands over the whole text, with surrogate pairs whole at every boundary', async () => {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      chunks.push(chunk);
      setImmediate(callback);
    },
  });
  const text = `x${'😀'.repeat(1 << 20)}`;
  expect(await writeOutput(stream, text)).toBe(true);
  expect(chunks.length).toBeGreaterThan(1);
  expect(Buffer.concat(chunks).toString('utf8') === text).toBe(true);
});

test('a reader that has gone ends it quietly', async () => {
  await expect(writeOutput(failing('EPIPE'), 'x'.repeat(3 << 20))).resolves.toBe(false);
});

test('any other failure is an error', async () => {
  await expect(writeOutput(failing('ENOSPC'), 'x')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
});
