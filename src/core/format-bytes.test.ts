import { expect, test } from 'vitest';
import { formatBytes } from './format-bytes.ts';

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1.5 * 2 ** 20, '1.5 MiB'],
  [120.4 * 2 ** 30, '120 GiB'],
  [5000 * 2 ** 40, '5000 TiB'],
])('%d', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
