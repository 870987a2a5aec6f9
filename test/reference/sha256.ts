import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** sha256 over the parts one after the other; text as UTF-8; an absent part adds nothing. */
export function sha256(...parts: readonly (Uint8Array | string | undefined)[]): Buffer {
  const bytes = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'utf8') : (part ?? Buffer.alloc(0)),
  );
  return createHash('sha256').update(Buffer.concat(bytes)).digest();
}
