import { randomBytes } from 'node:crypto';

/** @returns an address of QEMU's range, which no card has */
export function randomMac(): string {
  return `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}
